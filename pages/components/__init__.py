"""Streamlit pieces that pages share: state, theme, clip player, emotion bars, task panel."""
