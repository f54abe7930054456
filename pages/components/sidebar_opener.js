// A button for narrow screens, where the filters are in a sidebar that is shut: it opens it.
export default function ({ parentElement, data }) {
  let button = parentElement.querySelector('button')
  if (!button) {
    button = document.createElement('button')
    button.type = 'button'
    parentElement.appendChild(button)
  }
  button.textContent = data.count ? `Filters · ${data.count} on` : 'Filters'
  button.onclick = () => {
    const opener = document.querySelector('[data-testid="stExpandSidebarButton"]')
    if (opener) opener.click()
  }
  return () => { button.onclick = null }
}
