import { Store } from './store'

export type Theme = 'system' | 'light' | 'dark'

const STORED = 'asterism.theme'

function read(): Theme {
  const value = localStorage.getItem(STORED)
  return value === 'light' || value === 'dark' ? value : 'system'
}

function show(theme: Theme): void {
  if (theme === 'system') document.documentElement.removeAttribute('data-theme')
  else document.documentElement.dataset.theme = theme
}

/** Light, dark, or as the system says; kept on this device. */
export const theme = new Store<Theme>(read())

export function setTheme(next: Theme): void {
  localStorage.setItem(STORED, next)
  show(next)
  theme.set(next)
}

show(theme.get())
