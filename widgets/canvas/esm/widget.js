import { Store } from "./store.js";
import { View } from "./view.js";

/** What anywidget takes: one store for a model, and a view for each place where it is shown. */
export default () => {
  let store;
  return {
    initialize({ model }) {
      store = new Store(model);
    },
    render({ model, el }) {
      const view = new View(model, store, el);
      return () => view.close();
    },
  };
};
