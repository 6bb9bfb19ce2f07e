// Before the terminal connects: its socket is beside this page, under whatever name the page was opened.
const socket = new URL("ws", location.href);
socket.protocol = "ws:";
socket.search = "";
document.getElementById("terminal").dataset.sessionWebsocketUrl = socket.href;
document.getElementById("again").addEventListener("click", () => location.reload());

// The terminal looks for what the app hands out at the root of the host, where nothing is without the token.
const opened = window.open.bind(window);
window.open = (address, ...rest) => {
  const found = /^\/download\/(\w+)$/.exec(new URL(address, location.href).pathname);
  return opened(found ? new URL(`download/${found[1]}`, location.href).href : address, ...rest);
};
