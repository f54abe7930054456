// Several versions of a sound on one clock.
//
// All versions are started at the same moment of one AudioContext and run side by side; the gain of
// the one that is heard is 1 and that of the others 0. The position is never counted: it follows
// from the clock and the moment of the start.
//
// A place is where in the sound one is. It is counted in seconds ("the same instant"), or, where
// versions differ in length and the user wants so, as a share of a version's length ("the same place
// in the words"): then all versions run at their own pace, and a switch starts them anew.

const LEAD_S = 0.02 // what is scheduled so far ahead starts on the sample, however busy the page is
const FADE_S = 0.01 // no click, and too short to be heard as a fade
const SHORTEST_LOOP_S = 0.05
const DIFFERENT = 1.01 // ratio of lengths from which on versions count as stretched

// A gain that moves in straight lines. It keeps its own account of where it is, because the value
// that the browser reports may be some milliseconds old.
class Fader {
  constructor(gain, value) {
    this.param = gain.gain
    this.param.value = value
    this.ramp = { from: value, to: value, start: 0, stop: 0 }
  }

  at(time) {
    const { from, to, start, stop } = this.ramp
    if (time <= start) return from
    return time >= stop ? to : from + ((to - from) * (time - start)) / (stop - start)
  }

  fade(to, start, now) {
    if (to === this.ramp.to) return
    const from = this.at(start)
    this.param.cancelScheduledValues(now)
    this.param.setValueAtTime(this.at(now), now)
    this.param.linearRampToValueAtTime(from, start)
    this.param.linearRampToValueAtTime(to, start + FADE_S)
    this.ramp = { from, to, start, stop: start + FADE_S }
  }
}

class Clock {
  // `changed` is called whenever something other than the passing of time has changed.
  constructor(changed) {
    this.changed = changed
    this.versions = [] // {title, samples: Int16Array, seconds, matched: gain}
    this.rate = 0 // Hz
    this.chosen = 0
    this.playing = false
    this.looping = false
    this.region = null // {from, to} in places
    this.inWords = false // what the user wants where versions differ in length
    this.matched = false
    this.rest = 0 // the place while nothing runs
    this.run = null // what runs: {place, start, tracks, out}
    this.turn = 0 // of waking up the context: only the last one counts
  }

  // ---- lengths and places

  get longest() { return Math.max(...this.versions.map((version) => version.seconds)) }
  get differ() {
    return this.longest > DIFFERENT * Math.min(...this.versions.map((version) => version.seconds))
  }
  get proportional() { return this.inWords && this.differ } // places are shares
  get end() { return this.proportional ? 1 : this.longest }
  get bounds() { return this.region ?? { from: 0, to: this.end } }

  // Seconds in one unit of place, in a version.
  scale(version = this.chosen) { return this.proportional ? this.versions[version].seconds : 1 }

  placeAt(time) {
    if (!this.run) return this.rest
    return this.wrap(this.run.place + Math.max(0, time - this.run.start) / this.scale())
  }

  wrap(place) {
    const { from, to } = this.bounds
    if (this.looping && place >= to) return from + ((place - from) % (to - from))
    return Math.min(place, this.end)
  }

  // Where we will be at the moment for which a change is scheduled.
  next() {
    if (!this.run) return { place: this.rest }
    const due = this.context.currentTime + LEAD_S
    return { place: this.placeAt(due), due }
  }

  // The place that leaves the loudspeaker now.
  heard() {
    if (!this.run) return this.rest
    return this.placeAt(this.context.currentTime - (this.context.outputLatency || 0))
  }

  // Seconds into the version that is heard.
  seconds() { return this.heard() * this.scale() }

  // ---- what is played

  // New samples: the place, the version and the loop stay, and what plays goes on.
  load(versions, rate) {
    const buffers = this.playing ? buffersOf(versions, rate) : null // takes its time
    const was = this.counting()
    const title = this.versions[this.chosen]?.title
    const same = versions.findIndex((version) => version.title === title)
    if (rate !== this.rate) this.close()
    Object.assign(this, { versions, rate, buffers })
    this.chosen = same >= 0 ? same : Math.min(this.chosen, versions.length - 1)
    this.recount(was)
  }

  keepWords(inWords) {
    const was = this.counting()
    this.inWords = inWords
    this.recount(was)
  }

  // Where we are, and what it is a share of or may become one of.
  counting() {
    const { proportional, chosen, versions } = this
    return { proportional, seconds: versions[chosen]?.seconds, ...this.next() }
  }

  // Stay there after the way of counting, or the lengths, may have changed.
  recount(was) {
    const other = this.proportional ? 1 / was.seconds : this.versions[this.chosen].seconds
    const factor = was.seconds && this.proportional !== was.proportional ? other : 1
    if (this.region) {
      const [from, to] = [this.region.from, this.region.to].map((at) => Math.min(at * factor, this.end))
      this.region = (to - from) * this.scale() >= SHORTEST_LOOP_S ? { from, to } : null
    }
    this.go(was.place * factor, was.due)
  }

  async play() {
    if (this.playing || !this.versions.length) return
    this.playing = true
    if (this.rest >= this.end - 1e-3) this.rest = 0
    this.changed()
    await this.wake()
  }

  // The context sleeps while nothing plays. It is woken in the user's click, as browsers demand.
  async wake() {
    const turn = ++this.turn
    clearTimeout(this.bedtime)
    this.context ??= contextAt(this.rate)
    try {
      await this.context.resume()
    } catch {
      return // closed in the meantime
    }
    if (turn === this.turn && this.playing) this.go(this.rest)
  }

  pause() {
    if (!this.playing) return
    this.rest = this.next().place
    this.halt()
    this.changed()
  }

  halt() {
    this.playing = false
    this.turn += 1
    this.stop(this.context.currentTime + LEAD_S)
    this.bedtime = setTimeout(() => this.context?.suspend(), 1000 * (LEAD_S + 5 * FADE_S))
  }

  // Notice that the end has been reached.
  settle() {
    if (!this.run || this.looping || this.placeAt(this.context.currentTime) < this.end) return
    this.rest = this.end
    this.halt()
    this.changed()
  }

  choose(version) {
    if (version === this.chosen || !this.versions[version]) return
    const { place, due } = this.next()
    this.chosen = version
    if (this.proportional) this.go(place, due)
    else this.mix()
    this.changed()
  }

  match(matched) {
    this.matched = matched
    this.mix()
    this.changed()
  }

  loop(looping, region = this.region) {
    const { place, due } = this.next()
    this.looping = looping
    this.region = region
    this.go(place, due)
  }

  // Go on, or rest, at a place; `due` says for which moment it was meant.
  go(place, due) {
    const { from, to } = this.bounds
    this.rest = Math.min(Math.max(place, 0), this.end)
    if (this.looping && (this.rest < from || this.rest >= to)) this.rest = from
    if (this.playing && this.context?.state === "running") this.start(this.rest, due)
    else if (this.playing) this.wake()
    this.changed()
  }

  // ---- Web Audio

  start(meant, due) {
    this.buffers ??= buffersOf(this.versions, this.rate)
    const now = this.context.currentTime
    const start = this.run && due > now ? due : now + LEAD_S
    const place = this.run && due ? this.wrap(meant + (start - due) / this.scale()) : meant
    this.stop(start)
    const out = this.context.createGain()
    out.connect(this.context.destination)
    const tracks = this.versions.map((_, version) => this.track(version, place, start, out))
    this.run = { place, start, tracks, out: new Fader(out, 0) }
    this.run.out.fade(1, start, now)
  }

  track(version, place, start, out) {
    const source = this.context.createBufferSource()
    const gain = this.context.createGain()
    const { from, to } = this.bounds
    source.buffer = this.buffers[version]
    source.loop = this.looping
    source.loopStart = from * this.scale(version)
    source.loopEnd = to * this.scale(version)
    source.connect(gain).connect(out)
    source.start(start, place * this.scale(version))
    return { source, fader: new Fader(gain, this.gain(version)) }
  }

  // Fade out what runs.
  stop(start) {
    if (!this.run) return
    const { tracks, out } = this.run
    out.fade(0, start, this.context.currentTime)
    tracks.forEach(({ source }) => source.stop(start + 2 * FADE_S))
    this.run = null
  }

  mix() {
    if (!this.run) return
    const now = this.context.currentTime
    this.run.tracks.forEach(({ fader }, version) => {
      fader.fade(this.gain(version), now + LEAD_S, now)
    })
  }

  gain(version) { return version === this.chosen ? this.level(version) : 0 }
  level(version) { return this.matched ? this.versions[version].matched : 1 }

  close() {
    this.turn += 1
    clearTimeout(this.bedtime)
    this.rest = this.next().place
    this.run = null
    this.context?.close()
    this.context = null
  }

  // For tests: what the clock and the gains say, read in one go.
  state() {
    return {
      context: this.context?.state ?? "none",
      contextTime: this.context?.currentTime ?? 0,
      contextRate: this.context?.sampleRate ?? 0,
      playing: this.playing,
      place: this.run ? this.placeAt(this.context.currentTime) : this.rest,
      start: this.run?.start ?? null,
      chosen: this.chosen,
      looping: this.looping,
      region: this.region,
      gains: this.run?.tracks.map(({ fader }) => fader.param.value) ?? [],
    }
  }
}

// All buffers are of one length, filled up with silence, so that all loop at the same moment.
function buffersOf(versions, sampleRate) {
  const length = Math.max(...versions.map(({ samples }) => samples.length))
  return versions.map(({ samples }) => {
    const buffer = new AudioBuffer({ length, numberOfChannels: 1, sampleRate })
    const channel = buffer.getChannelData(0)
    for (let index = 0; index < samples.length; index += 1) channel[index] = samples[index] / 32768
    return buffer
  })
}

// At the rate of the samples each is played as it is. Where the browser cannot, it resamples.
function contextAt(sampleRate) {
  try {
    return new AudioContext({ sampleRate })
  } catch {
    return new AudioContext()
  }
}
