// Streamlit's recorder leaves the browser's processing on, and has no setting for it: so whoever asks
// this page's browser for a microphone, and says nothing of processing, asks for it off.
export default function ({ parentElement }) {
  const devices = navigator.mediaDevices
  if (devices?.getUserMedia && !devices.asItIs) {
    const open = devices.getUserMedia.bind(devices)
    devices.asItIs = true
    devices.getUserMedia = (wanted) =>
      open(wanted?.audio ? { ...wanted, audio: { ...AS_IT_IS, ...wanted.audio } } : wanted)
  }
  // What is not seen leaves no gap either.
  const box = (parentElement.host ?? parentElement).closest('[data-testid="stElementContainer"]')
  if (box) box.style.display = "none"
}
