// Browsers start no Worker from a file. So on a site that is opened from the disk, the search runs in a hidden frame.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.onmessage = null
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      document.body.append(this.frame)
      const scope = this.frame.contentWindow
      const load = (source) =>
        new Promise((done, failed) => {
          const script = scope.document.createElement("script")
          Object.assign(script, { src: source, onload: done, onerror: failed })
          scope.document.body.append(script)
        })
      scope.importScripts = (...sources) => sources.reduce((earlier, source) => earlier.then(() => load(source)), Promise.resolve())
      scope.postMessage = (data) => {
        const event = new MessageEvent("message", { data: structuredClone(data) })
        this.dispatchEvent(event)
        this.onmessage?.(event)
      }
      this.ready = load(String(url))
    }

    postMessage(data) {
      const event = new MessageEvent("message", { data: structuredClone(data) })
      this.ready.then(() => this.frame.contentWindow.dispatchEvent(event))
    }

    terminate() {
      this.frame.remove()
    }
  }
}
