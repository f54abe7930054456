// Charts are drawn on the server: it is told when the page is dark and it drew for a light one, or
// the other way round. Streamlit itself runs nothing when the theme is switched.
let told = null
export default function ({ parentElement, data, setTriggerValue }) {
  // What is not seen leaves no gap either.
  const box = (parentElement.host ?? parentElement).closest('[data-testid="stElementContainer"]')
  if (box) box.style.display = 'none'
  const page = document.querySelector('.stApp')
  if (!page) return
  const look = () => {
    const [red, green, blue] = getComputedStyle(page).backgroundColor.match(/[\d.]+/g).map(Number)
    const dark = red + green + blue < 3 * 128
    if (dark === data.dark) told = null
    else if (dark !== told) setTriggerValue('dark', told = dark) // once: nothing is asked in circles
  }
  const watch = new MutationObserver(look)
  watch.observe(page, { attributes: true, attributeFilter: ['class'] })
  look()
  return () => watch.disconnect()
}
