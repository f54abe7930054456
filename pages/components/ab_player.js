// What the user sees and touches: buttons, keys, waveforms. See ab_player.py for what comes in.

const SHORT_S = 8 // clips up to here are walked through in small steps
const CALM_MS = 250 // how often the line moves for readers who asked for less motion

const PARTS = `
  <div class="bar">
    <button class="play" type="button" aria-keyshortcuts="Space"></button>
    <span class="time"></span>
    <button class="loop" type="button" aria-keyshortcuts="L"></button>
    <button class="whole" type="button" title="Forget the stretch">Whole clip</button>
    <label class="matched" title="All versions at the RMS of the first one. Off: as loud as they are.">
      <input type="checkbox">Same loudness</label>
    <label class="words" title="The versions differ in length. On: a switch stays at the same word,
counted as a share of the length. Off: a switch stays at the same second.">
      <input type="checkbox">Stay at the same word</label>
  </div>
  <div class="versions" role="radiogroup" aria-label="Version that is heard"></div>
  <div class="seek" role="slider" tabindex="0" aria-label="Position" aria-valuemin="0"
    aria-keyshortcuts="ArrowLeft ArrowRight"><canvas aria-hidden="true"></canvas></div>
  <p class="keys"><kbd>Space</kbd> play · <kbd>1</kbd>–<kbd class="last"></kbd> version ·
    <kbd>←</kbd> <kbd>→</kbd> seek · <kbd>L</kbd> loop · <kbd>[</kbd> <kbd>]</kbd> its ends, or drag</p>
  <p class="sorry" role="alert" hidden></p>
  <p class="said" aria-live="polite"></p>`

const ROW = `
  <button class="version" type="button" role="radio">
    <span class="number"></span><span class="title"></span><span class="note"></span>
    <span class="level"></span>
  </button>
  <button class="action" type="button" hidden></button>
  <div class="track" aria-hidden="true">
    <canvas></canvas><div class="region"></div><div class="head"></div>
  </div>`

const players = new Set() // on the page
const drawn = new WeakMap() // the player of a place in the page
const remembered = new Map() // by key: what a player that is gone had been set to

class Player {
  constructor(parent) {
    this.root = document.createElement("section")
    this.root.className = "ab-player"
    this.root.tabIndex = -1
    this.root.setAttribute("aria-label", "Player that compares versions of a sound")
    this.root.innerHTML = PARTS
    this.clock = new Clock(() => this.refresh())
    this.root.state = () => this.clock.state()
    this.signature = ""
    this.rows = []
    this.listen()
    parent.appendChild(this.root)
    players.add(this)
  }

  find(name) { return this.root.querySelector(name) }

  // ---- what comes in

  show(header, samplesOf) {
    const { versions, key, sampling_rate: rate } = header
    const signature = JSON.stringify(header)
    if (signature === this.signature) return this.draw()
    if (!this.signature) this.recall(key)
    this.signature = signature
    this.key = key
    const loaded = versions.map((version, index) => ({
      title: version.title,
      seconds: version.num_samples / rate,
      matched: 10 ** ((version.matched_db ?? 0) / 20),
      samples: samplesOf(index),
    }))
    this.rows.slice(versions.length).forEach(({ element }) => element.remove())
    this.rows = versions.map((version, index) => this.row(version, index, loaded[index]))
    this.root.dataset.count = versions.length
    this.root.dataset.actions = versions.some(({ action }) => action)
    this.find(".last").textContent = versions.length
    this.clock.load(loaded, rate)
    this.supported()
    this.draw()
  }

  row(facts, index, version) {
    const before = this.rows[index]?.element // kept where there is one: it may have the focus
    const element = before ?? document.createElement("div")
    if (!before) {
      element.className = "row"
      element.innerHTML = ROW
      this.find(".versions").append(element)
      element.querySelector(".version").addEventListener("click", () => this.clock.choose(index))
      element.querySelector(".action").addEventListener("click", () => this.act?.(index))
      onPointer(element.querySelector(".track"), this.pointing(index))
    }
    element.querySelector(".number").textContent = index + 1
    element.querySelector(".title").textContent = facts.title
    element.querySelector(".note").textContent = facts.note
    element.querySelector(".version").setAttribute("aria-keyshortcuts", index + 1)
    const action = element.querySelector(".action")
    action.hidden = !facts.action
    action.textContent = facts.action
    action.setAttribute("aria-label", `${facts.action}: ${facts.title}`)
    return { element, facts, track: new Track(element.querySelector("canvas"), version) }
  }

  supported() {
    if (window.AudioContext) return
    this.find(".play").disabled = true
    this.find(".sorry").hidden = false
    this.find(".sorry").textContent =
      "This browser cannot play sounds from a page (it has no Web Audio). A newer one can."
  }

  // ---- what the user does

  listen() {
    const { clock } = this
    const on = (name, event, action) => this.find(name).addEventListener(event, action)
    on(".play", "click", () => this.toggle())
    on(".loop", "click", () => clock.loop(!clock.looping))
    on(".whole", "click", () => clock.loop(clock.looping, null))
    on(".matched input", "change", ({ target }) => clock.match(target.checked))
    on(".words input", "change", ({ target }) => clock.keepWords(target.checked))
    on(".seek", "focus", () => this.valueOfSlider())
    onPointer(this.find(".seek"), this.pointing(null))
    this.root.addEventListener("keydown", (event) => this.onKey(event))
    // After a click the keys are the player's; a control reached by keyboard keeps its own.
    this.root.addEventListener("click", ({ detail }) => {
      if (detail > 0) setTimeout(() => this.root.focus({ preventScroll: true }))
    })
    this.sizes = new ResizeObserver(() => this.draw())
    this.sizes.observe(this.root)
    // Media events do not bubble, but pass the document on their way down.
    this.hush = () => clock.pause()
    document.addEventListener("play", this.hush, true)
  }

  // A place in a version from its share of the shared axis; in the version heard, where none is named.
  pointing(index) {
    const { clock } = this
    const place = (share) => (share * clock.longest) / clock.scale(index ?? clock.chosen)
    return {
      seek: (share) => clock.go(place(share)),
      drag: (from, to) => { this.pending = { from: place(from), to: place(to) }; this.regions() },
      dragged: (kept = true) => { if (kept) this.loopOver(this.pending); this.pending = null },
    }
  }

  loopOver({ from, to }) {
    const { clock } = this
    const region = { from, to: Math.min(to, clock.end) }
    if ((region.to - region.from) * clock.scale() >= SHORTEST_LOOP_S) clock.loop(true, region)
    else this.refresh()
  }

  toggle() {
    if (this.clock.playing) return this.clock.pause()
    if (!window.AudioContext) return
    players.forEach((other) => { if (other !== this) other.clock.pause() })
    document.querySelectorAll("audio, video").forEach((media) => media.pause())
    this.clock.play()
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const action = this.actionOf(event)
    if (!action) return
    event.preventDefault()
    event.stopPropagation()
    action()
  }

  actionOf({ key, target }) {
    const { clock } = this
    const step = clock.longest > SHORT_S ? 2 : 0.5
    const count = clock.versions.length
    const version = "ab".includes(key.toLowerCase()) ? "ab".indexOf(key.toLowerCase()) : key - 1
    const owned = target.closest?.(".bar input, .bar button, .action")
    if (key === " " || key === "Spacebar") return owned ? null : () => this.toggle()
    if (version >= 0 && version < count) return () => this.choose(version)
    return {
      ArrowLeft: () => this.step(-step),
      ArrowRight: () => this.step(step),
      ArrowUp: () => this.choose((clock.chosen + count - 1) % count),
      ArrowDown: () => this.choose((clock.chosen + 1) % count),
      Home: () => clock.go(0),
      l: () => clock.loop(!clock.looping),
      L: () => clock.loop(!clock.looping),
      "[": () => this.loopOver({ from: clock.next().place, to: clock.bounds.to }),
      "]": () => this.loopOver({ from: clock.bounds.from, to: clock.next().place }),
    }[key]
  }

  step(seconds) { this.clock.go(this.clock.next().place + seconds / this.clock.scale()) }

  choose(version) {
    this.clock.choose(version)
    if (this.root.getRootNode().activeElement?.matches(".version")) {
      this.rows[version].element.querySelector(".version").focus()
    } else {
      this.find(".said").textContent = this.clock.versions[version].title
    }
  }

  // ---- what is drawn

  refresh() {
    const { clock } = this
    if (!clock.versions.length || !this.rows.length) return
    this.root.dataset.playing = clock.playing
    this.root.dataset.looping = clock.looping
    this.find(".play").textContent = clock.playing ? "Pause" : "Play"
    this.find(".whole").hidden = !clock.region
    this.find(".loop").setAttribute("aria-pressed", clock.looping)
    this.find(".loop").textContent = this.loopWords()
    this.find(".matched input").checked = clock.matched
    this.find(".words").hidden = !clock.differ
    this.find(".words input").checked = clock.inWords
    this.rows.forEach((row, index) => this.mark(row, index === clock.chosen))
    this.regions()
    this.waveforms()
    this.heads()
    this.valueOfSlider()
    this.follow()
  }

  loopWords() {
    const { region } = this.clock
    if (!region) return "Loop"
    const [from, to] = [region.from, region.to].map((at) => (at * this.clock.scale()).toFixed(2))
    return `Loop ${from}–${to} s`
  }

  mark({ element, facts }, heard) {
    const button = element.querySelector(".version")
    element.dataset.heard = heard
    button.setAttribute("aria-checked", heard)
    button.tabIndex = heard ? 0 : -1
    button.querySelector(".level").textContent = levelWords(facts, this.clock.matched)
  }

  draw() {
    if (!this.rows.length) return
    this.waveforms(true)
    const style = getComputedStyle(this.root)
    const { longest } = this.clock
    const font = `12px ${style.fontFamily}`
    drawAxis(this.find(".seek canvas"), { longest, font, colour: style.color })
    this.heads()
  }

  // Drawn anew where something that shows has changed, or the size or the theme.
  waveforms(always = false) {
    const { clock, rows } = this
    const showing = `${clock.chosen} ${clock.matched}`
    if (!always && showing === this.showing) return
    this.showing = showing
    const style = getComputedStyle(this.root)
    const full = Math.max(1e-3, ...rows.map(({ track }, index) => track.peak * clock.level(index)))
    rows.forEach(({ track }, index) => {
      const heard = index === clock.chosen
      const colour = (heard && style.getPropertyValue("--st-primary-color").trim()) || style.color
      const ink = { colour, alpha: heard ? 1 : 0.5 }
      track.draw({ ...ink, full, level: clock.level(index), longest: clock.longest })
    })
  }

  // Left edge of a place in a version, in percent of the axis.
  percent(place, index) { return (100 * place * this.clock.scale(index)) / this.clock.longest }

  heads() {
    const { clock } = this
    const place = clock.heard()
    this.rows.forEach(({ element }, index) => {
      element.querySelector(".head").style.left = `${this.percent(place, index)}%`
    })
    this.find(".time").textContent = `${clock.seconds().toFixed(2)} / ${this.length().toFixed(2)} s`
  }

  length() { return this.clock.end * this.clock.scale() }

  regions() {
    const region = this.pending ?? this.clock.region
    this.rows.forEach(({ element }, index) => {
      const box = element.querySelector(".region")
      box.hidden = !region
      if (!region) return
      box.style.left = `${this.percent(region.from, index)}%`
      box.style.width = `${this.percent(region.to - region.from, index)}%`
    })
  }

  valueOfSlider() {
    const slider = this.find(".seek")
    const [now, length] = [this.clock.seconds(), this.length()].map((value) => value.toFixed(2))
    slider.setAttribute("aria-valuemax", length)
    slider.setAttribute("aria-valuenow", now)
    slider.setAttribute("aria-valuetext", `${now} of ${length} seconds`)
  }

  // Move the line for as long as something plays.
  follow() {
    if (this.frame || !this.clock.playing) return
    const calm = matchMedia("(prefers-reduced-motion: reduce)")
    let last = 0
    const move = (time) => {
      this.frame = 0
      this.clock.settle()
      if (!this.clock.playing) return
      if (!calm.matches || time - last >= CALM_MS) {
        this.heads()
        last = time
      }
      this.frame = requestAnimationFrame(move)
    }
    this.frame = requestAnimationFrame(move)
  }

  // ---- coming and going

  // A player that is drawn in another place of the page is still the same one to its user.
  recall(key) { Object.assign(this.clock, remembered.get(key) ?? {}) }

  remove() {
    const { clock } = this
    clock.close()
    const { rest, chosen, looping, region, matched, inWords } = clock
    remembered.set(this.key, { rest, chosen, looping, region, matched, inWords })
    cancelAnimationFrame(this.frame)
    document.removeEventListener("play", this.hush, true)
    this.sizes.disconnect()
    players.delete(this)
    this.root.remove()
  }
}

// What is to be known of a version's level.
function levelWords({ over_db: over, matched_db: gain }, matched) {
  const words = []
  if (over > 0) words.push(`above full scale by ${over.toFixed(1)} dB: clipped`)
  if (matched) words.push(gain === null ? "silent, not matched" : `matched by ${signed(gain)} dB`)
  return words.join(" · ")
}

function signed(value) {
  const words = Math.abs(value).toFixed(1)
  return words === "0.0" ? words : `${value < 0 ? "−" : "+"}${words}`
}

// The header, and how to get at the samples of a version.
function unpack(bytes) {
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)))
  const samplesOf = (index) => {
    const before = header.versions.slice(0, index)
    const start = 4 + size + before.reduce((sum, version) => sum + 2 * version.num_samples, 0)
    const own = bytes.slice(start, start + 2 * header.versions[index].num_samples)
    return new Int16Array(own.buffer)
  }
  return { header, samplesOf }
}

// Streamlit calls this anew when something comes in or the theme changes, and calls what it returns
// when the component goes; but also, late, for a call that a newer one has overtaken.
export default function ({ data, parentElement, setTriggerValue }) {
  const known = drawn.get(parentElement)
  const player = known ?? new Player(parentElement)
  player.act = (index) => setTriggerValue("action", index)
  drawn.set(parentElement, player)
  const { header, samplesOf } = unpack(data)
  player.show(header, samplesOf)
  const call = (player.calls = (player.calls ?? 0) + 1)
  return () => {
    if (player.calls !== call) return
    player.remove()
    drawn.delete(parentElement)
  }
}
