/* The widget manager typesets through MathJax 2 (`MathJax.Hub.Queue`); the pages carry MathJax 3.
   Whatever becomes `window.MathJax` gets a `Hub` that hands the work on. Pages without formulas stay without. */
(function () {
  var current = window.MathJax;
  var hub = {
    Queue: function (task) {
      if (!Array.isArray(task) || task[0] !== "Typeset" || !current.startup) return;
      var ready = current.startup.promise || Promise.resolve();
      ready.then(function () {
        current.typesetPromise(task[2] ? [task[2]] : undefined);
      });
    },
  };
  Object.defineProperty(window, "MathJax", {
    configurable: true,
    get: function () {
      return current;
    },
    set: function (value) {
      current = value;
      if (value && value.version && !value.Hub) value.Hub = hub;
    },
  });
})();
