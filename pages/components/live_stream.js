// The microphone, sample by sample, to the page's own server; see live_stream.py for what comes in.

const CHUNK_S = 1 // sent about once a second
const PATIENCE_MS = 4000 // after which what was not answered for is sent again
const MOST_WAITING_S = 30 // of a server that does not answer: what is older is given up
const FLOOR_DB = -60 // left end of the level meter

const PROCESSING = {
  echoCancellation: "echo cancellation",
  noiseSuppression: "noise suppression",
  autoGainControl: "automatic gain",
}

const WORKLET = `
registerProcessor("ser-capture", class extends AudioWorkletProcessor {
  constructor() { super(); this.kept = new Float32Array(1024); this.size = 0 }
  process([channels]) {
    const length = channels[0]?.length ?? 0
    for (let index = 0; index < length; index += 1) {
      let sum = 0
      for (const channel of channels) sum += channel[index]
      this.kept[this.size++] = sum / channels.length
      if (this.size === this.kept.length) {
        this.port.postMessage(this.kept)
        this.size = 0
      }
    }
    return true
  }
})`

const PARTS = `
  <div class="bar">
    <button class="toggle" type="button"></button>
    <span class="time" role="timer" aria-label="Time streamed"></span>
  </div>
  <div class="meter" role="meter" aria-label="Level" aria-valuemin="${FLOOR_DB}" aria-valuemax="0">
    <div class="level"></div></div>
  <p class="words"></p>
  <p class="sorry" role="alert" hidden></p>`

const ADVICE = {
  NotAllowedError:
    "The microphone was refused. Allow it for this page, in the address bar or in the browser's " +
    "settings, then press Start again.",
  NotFoundError: "No microphone was found. Connect one, then press Start again, or use Upload.",
  NotReadableError:
    "The microphone cannot be opened: perhaps another program has it. Close that one, then press " +
    "Start again.",
  closed:
    "The browser keeps the microphone closed on this address. Open the app at localhost or over " +
    "HTTPS, or use Upload.",
  ended: "The microphone was taken away. What was heard up to then is kept.",
}

const drawn = new WeakMap() // the microphone of a place in the page

class Microphone {
  constructor(parent) {
    this.root = document.createElement("section")
    this.root.className = "live-stream"
    this.root.setAttribute("aria-label", "Stream from the microphone")
    this.root.innerHTML = PARTS
    this.find(".toggle").addEventListener("click", () => (this.running ? this.stop() : this.start()))
    this.stream = ""
    this.running = this.starting = false
    this.forget()
    parent.appendChild(this.root)
    this.refresh()
  }

  find(name) { return this.root.querySelector(name) }

  forget() {
    this.waiting = [] // Int16Array, what the server has not answered for
    this.first = 0 // place in the stream of the first sample that waits
    this.asked = 0 // when it was sent, 0: nothing is on its way
    this.chunks = 0 // whole chunks of the stream that were sent
    this.level = 0
    this.last = false
  }

  get count() { return this.waiting.reduce((sum, block) => sum + block.length, 0) }

  // ---- what the user does

  async start() {
    if (this.starting) return
    this.say("")
    if (!navigator.mediaDevices?.getUserMedia || !window.AudioWorkletNode) return this.say("closed")
    this.starting = true
    this.refresh()
    try {
      await this.open()
    } catch (error) {
      this.close()
      this.say(ADVICE[error.name] ? error.name : `The microphone cannot be used: ${error.message}`)
    }
    this.starting = false
    this.refresh()
  }

  async open() {
    this.media = await navigator.mediaDevices.getUserMedia({ audio: AS_IT_IS })
    this.context = new AudioContext() // at the microphone's own rate: the model's resampler is better
    const address = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }))
    await this.context.audioWorklet.addModule(address)
    URL.revokeObjectURL(address)
    if (!this.root.isConnected) return this.close() // gone meanwhile
    this.forget()
    this.stream = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`
    const [track] = this.media.getAudioTracks()
    const settings = track.getSettings?.() ?? {}
    this.processed = Object.keys(PROCESSING).filter((name) => settings[name] === true)
    track.addEventListener("ended", () => { this.say("ended"); this.stop() })
    const capture = new AudioWorkletNode(this.context, "ser-capture", { numberOfOutputs: 0 })
    capture.port.onmessage = ({ data }) => this.take(data)
    this.context.createMediaStreamSource(this.media).connect(capture)
    this.running = true
  }

  stop() {
    if (!this.running) return
    this.last = true
    this.send(true)
    this.close()
    this.refresh()
  }

  close() {
    this.rate = this.context?.sampleRate ?? this.rate
    this.media?.getTracks().forEach((track) => track.stop())
    this.context?.close()
    this.media = this.context = null
    this.running = false
    this.level = 0
  }

  // ---- sound

  take(block) {
    if (!this.running) return
    const samples = new Int16Array(block.length)
    let peak = 0
    for (let index = 0; index < block.length; index += 1) {
      const value = Math.max(-1, Math.min(1, block[index]))
      samples[index] = Math.max(-32768, Math.min(32767, Math.round(value * 32768)))
      peak = Math.max(peak, Math.abs(value))
    }
    this.level = Math.max(peak, this.level * 0.8)
    this.waiting.push(samples)
    while (this.count > MOST_WAITING_S * this.context.sampleRate) this.first += this.waiting.shift().length
    this.send(false)
    this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.refresh() })
  }

  // All that waits, as soon as a second of the stream is full, where a window may end, and the
  // server has answered for what came before.
  send(now) {
    const late = this.asked && performance.now() - this.asked > PATIENCE_MS
    const rate = this.context.sampleRate
    const full = Math.floor((this.first + this.count) / (CHUNK_S * rate))
    if (!now && ((this.asked && !late) || full === this.chunks)) return
    this.chunks = full
    this.asked = performance.now()
    const { stream, first: position, last, processed } = this
    this.tell?.({ stream, rate, position, last, processed, pcm: base64(this.waiting) })
  }

  // What the server has taken in, of which stream.
  show({ stream, got, running }, fresh) {
    if (!stream && !this.running) this.forget() // it was asked to
    if (fresh && running) this.tell?.({ stream, position: got, last: true, pcm: "" })
    if (stream !== this.stream || got <= this.first) return
    while (this.waiting.length && this.first + this.waiting[0].length <= got) {
      this.first += this.waiting.shift().length
    }
    this.asked = 0
  }

  // ---- what is seen

  say(key) {
    const words = ADVICE[key] ?? key
    this.find(".sorry").hidden = !words
    this.find(".sorry").textContent = words
  }

  refresh() {
    const button = this.find(".toggle")
    button.textContent = this.running ? "Stop" : "Start"
    button.disabled = this.starting
    button.setAttribute("aria-pressed", this.running)
    const seconds = this.running ? (this.first + this.count) / this.context.sampleRate : 0
    this.find(".time").textContent = this.running ? `${seconds.toFixed(0)} s` : ""
    const decibels = Math.max(FLOOR_DB, Math.min(0, 20 * Math.log10(this.level + 1e-9)))
    this.find(".level").style.width = `${100 * (1 - decibels / FLOOR_DB)}%`
    this.find(".level").dataset.full = decibels > -1
    const meter = this.find(".meter")
    meter.setAttribute("aria-valuenow", decibels.toFixed(0))
    meter.setAttribute("aria-valuetext", `${decibels.toFixed(0)} dB of full scale`)
    this.find(".words").textContent = this.words(decibels)
  }

  words(decibels) {
    if (this.starting) return "Waiting for the microphone: the browser may be asking for it."
    if (!this.running) return ""
    const kept = this.processed.map((name) => PROCESSING[name])
    if (kept.length) return `The browser keeps its ${kept.join(" and ")} on, which changes the voice.`
    return decibels > -1 ? "Too loud: the top of the sound is cut off." : ""
  }

  remove() {
    this.close()
    cancelAnimationFrame(this.frame)
    this.root.remove()
  }
}

function base64(blocks) {
  let text = ""
  for (const block of blocks) {
    const bytes = new Uint8Array(block.buffer)
    text += String.fromCharCode(...bytes)
  }
  return btoa(text)
}

// Streamlit calls this anew when something comes in or the theme changes, and calls what it returns
// when the component goes; but also, late, for a call that a newer one has overtaken.
export default function ({ data, parentElement, setTriggerValue }) {
  const known = drawn.get(parentElement)
  const microphone = known ?? new Microphone(parentElement)
  microphone.tell = (message) => setTriggerValue("sound", message)
  drawn.set(parentElement, microphone)
  microphone.show(data, !known)
  const call = (microphone.calls = (microphone.calls ?? 0) + 1)
  return () => {
    if (microphone.calls !== call) return
    microphone.remove()
    drawn.delete(parentElement)
  }
}
