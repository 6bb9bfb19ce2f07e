/** An element with what is in it; texts stay texts. */
export function made(name, ...content) {
  const element = document.createElement(name);
  element.append(...content);
  return element;
}
