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
    if (!opener) return
    opener.click()
    // Streamlit keeps in mind that it is open; here it would cover the page at the next visit.
    Object.keys(localStorage)
      .filter(key => key.startsWith('stSidebarCollapsed-'))
      .forEach(key => localStorage.removeItem(key))
  }
  // A button that is not drawn leaves no gap in its row either.
  const box = (parentElement.host ?? parentElement).closest('[data-testid="stElementContainer"]')
  const narrow = window.matchMedia('(max-width: 768px)')
  const fit = () => { if (box) box.style.display = narrow.matches ? '' : 'none' }
  fit()
  narrow.addEventListener('change', fit)
  return () => {
    button.onclick = null
    narrow.removeEventListener('change', fit)
  }
}
