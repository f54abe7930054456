// The browser's processing is for calls; a model learned from voices as they are.
const AS_IT_IS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }
