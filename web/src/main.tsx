import './ui/tokens.css'
import './ui/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { startCore } from './core/client'
import { patient } from './core/patience'
import { takeInviteLinks } from './lib/inviteLink'

takeInviteLinks()

const root = document.getElementById('root')
if (!root) throw new Error('no #root')
createRoot(root).render(
  <StrictMode>
    <App core={patient(startCore())} />
  </StrictMode>,
)
