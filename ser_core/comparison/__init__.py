"""Finished runs side by side: which is better, is it real, where do they fail?"""
