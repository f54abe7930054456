// A cursor in a picture of a clip where its player is, and a click in the picture to play there.
// They stand in containers of the classes st-key-PLAYER-player and st-key-PICTURE-picture, so that
// one player can move the cursors of several pictures.
export default function ({ data: { player: playerKey, picture: pictureKey } }) {
  const player = () => document.querySelector(`.st-key-${playerKey}-player audio`)
  const plot = () => document.querySelector(`.st-key-${pictureKey}-picture .js-plotly-plot`)
  const line = document.createElement("div")
  line.className = "clip-cursor"
  line.style.cssText =
    "position:absolute;width:2px;background:#FF7A1A;pointer-events:none;z-index:2;display:none"
  let frame = 0

  // Where time lies in the picture, in pixels from its left edge.
  const axis = (figure) => {
    const { xaxis, _size } = figure._fullLayout
    const [from, to] = xaxis.range
    return { from, to, left: xaxis._offset, width: xaxis._length, top: _size.t, height: _size.h }
  }

  const draw = () => {
    const sound = player(), figure = plot()
    if (!sound || !figure?._fullLayout?.xaxis) return
    const place = axis(figure)
    const x = place.left + ((sound.currentTime - place.from) / (place.to - place.from)) * place.width
    if (line.parentElement !== figure) {
      figure.style.position = "relative"
      figure.appendChild(line)
    }
    line.style.display = sound.currentTime > 0 ? "block" : "none"
    line.style.left = `${x - 1}px`
    line.style.top = `${place.top}px`
    line.style.height = `${place.height}px`
  }

  const follow = () => {
    draw()
    frame = player()?.paused === false ? requestAnimationFrame(follow) : 0
  }

  const moved = (event) => {
    if (event.target !== player()) return
    cancelAnimationFrame(frame)
    follow()
  }

  const clicked = (event) => {
    const sound = player(), figure = plot()
    if (!sound || !figure?._fullLayout?.xaxis || !figure.contains(event.target)) return
    const place = axis(figure)
    const share = (event.clientX - figure.getBoundingClientRect().left - place.left) / place.width
    if (share < 0 || share > 1) return
    sound.currentTime = place.from + share * (place.to - place.from)
    sound.play()
  }

  // Media events do not bubble, but pass the document on their way down.
  const events = ["play", "pause", "seeked", "ended", "loadedmetadata"]
  events.forEach((name) => document.addEventListener(name, moved, true))
  document.addEventListener("click", clicked, true)
  window.addEventListener("resize", draw)
  return () => {
    events.forEach((name) => document.removeEventListener(name, moved, true))
    document.removeEventListener("click", clicked, true)
    window.removeEventListener("resize", draw)
    cancelAnimationFrame(frame)
    line.remove()
  }
}
