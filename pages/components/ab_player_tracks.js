// The waveforms of all versions on one axis of time and one of amplitude.

const LABEL_PX = 64 // room for one label of the axis
const DRAG_PX = 4 // less is a click

// Lowest and highest sample of each column of the screen's pixels: (2 * columns,) in -1 … 1.
function envelope(samples, columns) {
  const bounds = new Float32Array(2 * columns)
  for (let column = 0; column < columns; column += 1) {
    const start = Math.floor((column * samples.length) / columns)
    const stop = Math.max(start + 1, Math.floor(((column + 1) * samples.length) / columns))
    let low = samples[start], high = samples[start]
    for (let index = start + 1; index < stop; index += 1) {
      const sample = samples[index]
      if (sample < low) low = sample
      else if (sample > high) high = sample
    }
    bounds[2 * column] = low / 32768
    bounds[2 * column + 1] = high / 32768
  }
  return bounds
}

function peakOf(samples) {
  let peak = 0
  for (let index = 0; index < samples.length; index += 1) {
    if (samples[index] > peak) peak = samples[index]
    else if (-samples[index] > peak) peak = -samples[index]
  }
  return peak / 32768
}

// A canvas as sharp as the screen; sizes are in CSS pixels.
function sized(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas
  const density = window.devicePixelRatio || 1
  canvas.width = Math.round(width * density)
  canvas.height = Math.round(height * density)
  const pen = canvas.getContext("2d")
  pen.setTransform(density, 0, 0, density, 0, 0)
  return { pen, width, height, density }
}

// One waveform, as wide as its share of the axis.
class Track {
  constructor(canvas, version) {
    this.canvas = canvas
    this.version = version
    this.peak = peakOf(version.samples)
  }

  // `full`: the amplitude at the edge; `longest`: seconds at the right end.
  draw({ colour, alpha, level, full, longest }) {
    const { pen, width, height, density } = sized(this.canvas)
    const columns = Math.round((density * width * this.version.seconds) / longest)
    if (columns < 1 || height < 1) return
    if (this.bounds?.length !== 2 * columns) this.bounds = envelope(this.version.samples, columns)
    const middle = height / 2
    const scale = (middle * level) / full
    pen.fillStyle = colour
    pen.globalAlpha = alpha
    for (let column = 0; column < columns; column += 1) {
      const top = middle - this.bounds[2 * column + 1] * scale
      const bottom = middle - this.bounds[2 * column] * scale
      pen.fillRect(column / density, top, 1 / density, Math.max(1, bottom - top))
    }
  }
}

// Steps of 1, 2 or 5 that leave room for their labels.
function stepOf(longest, width) {
  const least = (longest * LABEL_PX) / Math.max(width, LABEL_PX)
  const ten = 10 ** Math.floor(Math.log10(least))
  return ten * [1, 2, 5, 10].find((factor) => factor * ten >= least)
}

function drawAxis(canvas, { longest, colour, font }) {
  const { pen, width, height } = sized(canvas)
  if (width < 1) return
  const step = stepOf(longest, width)
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  pen.fillStyle = colour
  pen.font = font
  pen.textBaseline = "bottom"
  for (let count = 0; count * step <= longest * (1 + 1e-9); count += 1) {
    const x = Math.min((count * step * width) / longest, width - 1)
    const words = `${(count * step).toFixed(digits)} s`
    const half = pen.measureText(words).width / 2
    pen.fillRect(x, 0, 1, 4)
    pen.fillText(words, Math.min(Math.max(x - half, 0), width - 2 * half), height)
  }
}

// A click is a seek, a drag is a stretch to loop: `seek(share)`, `drag(from, to)`, `dragged()`.
function onPointer(element, { seek, drag, dragged }) {
  let start = null, moved = false
  const shareOf = (event) => {
    const { left, width } = element.getBoundingClientRect()
    return Math.min(Math.max((event.clientX - left) / width, 0), 1)
  }
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return
    start = { x: event.clientX, share: shareOf(event) }
    moved = false
    element.setPointerCapture(event.pointerId)
  })
  element.addEventListener("pointermove", (event) => {
    if (!start) return
    moved ||= Math.abs(event.clientX - start.x) > DRAG_PX
    if (!moved) return
    const share = shareOf(event)
    drag(Math.min(start.share, share), Math.max(start.share, share))
  })
  element.addEventListener("pointerup", (event) => {
    if (!start) return
    if (moved) dragged()
    else seek(shareOf(event))
    start = null
  })
  element.addEventListener("pointercancel", () => {
    if (moved) dragged(false)
    start = null
  })
}
