// Runs in the page of the application: what e2e/bench/desk.ts asks of it. Plain JavaScript, since the page knows no modules here.
globalThis.deskBench = {
  /** Stores recordings by the window's own way, from samples that the page makes. */
  async importMany([point, many, length, rate]) {
    const firstUs = Date.now() * 1000 - many * 3600e6 * 24
    for (let n = 0; n < many; n++) {
      const bytes = new Uint8Array(44 + length * 4)
      const view = new DataView(bytes.buffer)
      const text = (at, words) => {
        for (let i = 0; i < words.length; i++) bytes[at + i] = words.charCodeAt(i)
      }
      text(0, 'RIFF')
      view.setUint32(4, 36 + length * 4, true)
      text(8, 'WAVEfmt ')
      view.setUint32(16, 16, true)
      view.setUint16(20, 3, true)
      view.setUint16(22, 1, true)
      view.setUint32(24, rate, true)
      view.setUint32(28, rate * 4, true)
      view.setUint16(32, 4, true)
      view.setUint16(34, 32, true)
      text(36, 'data')
      view.setUint32(40, length * 4, true)
      for (let i = 0; i < length; i++)
        view.setFloat32(44 + 4 * i, Math.sin(0.03 * i) + (n / many) * Math.sin(0.7 * i) + 0.1 * Math.random(), true)
      const none = { column: null, sampleRateHz: null, reason: '' }
      const facts = { unit: 'g', startUs: Math.round(firstUs + n * 3600e6 * 24), rpm: 1772 }
      await globalThis.millwrightBridge.call('capture.import', {
        pointId: point,
        name: 'a.wav',
        bytes,
        ...facts,
        ...none,
      })
    }
  },

  async importLong([point, base64]) {
    const wav = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    const none = { column: null, sampleRateHz: null, unit: null, startUs: null, rpm: null, reason: '' }
    const asked = { pointId: point, name: 'long.wav', bytes: wav, ...none }
    return (await globalThis.millwrightBridge.call('capture.import', asked)).captureId
  },

  /** From the change of address until the picture has a curve: the engine's read, the way here and the drawing. */
  async openTimes([id, other, point, repeats]) {
    const go = (capture) => {
      location.hash = `#/vibration?point=${encodeURIComponent(point)}&capture=${encodeURIComponent(capture)}`
    }
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const plot = () => document.querySelector('section[aria-label="Stored waveform"]')
    const painted = () => {
      const canvas = plot()?.querySelector('canvas')
      if (!canvas) return false
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      // What has a hue is the curve.
      for (let at = 0; at < data.length; at += 4)
        if (
          data[at + 3] > 64 &&
          Math.max(data[at], data[at + 1], data[at + 2]) - Math.min(data[at], data[at + 1], data[at + 2]) > 30
        )
          return true
      return false
    }
    const taken = []
    for (let n = 0; n < repeats; n++) {
      go(other)
      await new Promise((resolve) => setTimeout(resolve, 2500))
      const before = plot()
      const startMs = performance.now()
      go(id)
      do await frame()
      while (!(plot() !== before && painted()) && performance.now() - startMs < 20_000)
      taken.push(performance.now() - startMs)
    }
    return taken
  },

  /** From an event until the frame that shows it has been drawn, everything else of that frame included. */
  async eventTimes([label, what, repeats]) {
    const section = document.querySelector(`section[aria-label="${label}"]`)
    const over = section?.querySelector('.u-over')
    if (!over) throw new Error(`there is no plot ${label}`)
    section.focus()
    // The plots draw in the next animation frame; a message comes after that frame's work.
    const drawn = () =>
      new Promise((resolve) => {
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = () => resolve()
          port2.postMessage(null)
        })
      })
    const whole = []
    const work = []
    for (let n = 0; n < repeats; n++) {
      await drawn()
      const startMs = performance.now()
      if (what === 'zoom') {
        const { left, top, width, height } = over.getBoundingClientRect()
        const at = { clientX: left + width * 0.6, clientY: top + height / 2, bubbles: true, cancelable: true }
        over.dispatchEvent(new WheelEvent('wheel', { ...at, deltaY: n % 16 < 8 ? -100 : 100 }))
      } else section.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }))
      const begun = await new Promise((resolve) => requestAnimationFrame(resolve))
      await new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => resolve()
        port2.postMessage(null)
      })
      whole.push(performance.now() - startMs)
      work.push(performance.now() - begun)
    }
    return { whole, work }
  },

  /** Pans a colour map with the pointer for some seconds; the meter counts its frames. */
  async panMap(seconds) {
    const over = document.querySelector('section[aria-label="Colour map"] .u-over')
    if (!over) throw new Error('there is no colour map')
    // The pointer of a script cannot be captured.
    over.setPointerCapture = () => undefined
    const { left, top, width, height } = over.getBoundingClientRect()
    const at = (x) => ({ clientX: left + x, clientY: top + height / 2, button: 0, pointerId: 1, bubbles: true })
    for (let n = 0; n < 8; n++)
      over.dispatchEvent(new WheelEvent('wheel', { ...at(width / 2), deltaY: -100, cancelable: true }))
    over.dispatchEvent(new PointerEvent('pointerdown', at(width / 2)))
    await new Promise((resolve) => setTimeout(resolve, 500))
    globalThis.millwrightMeter.reset()
    const startMs = performance.now()
    for (let turn = 0; performance.now() - startMs < seconds * 1000; turn += 0.05) {
      over.dispatchEvent(new PointerEvent('pointermove', at(width / 2 + (width / 3) * Math.sin(turn))))
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
    const { framesPerSecond, drawMsP95 } = globalThis.millwrightMeter.read()
    over.dispatchEvent(new PointerEvent('pointerup', at(width / 2 + 40)))
    return { framesPerSecond, drawMsP95 }
  },
}
