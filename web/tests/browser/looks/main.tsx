// The page over a made-up core, to look at its screens. Never part of the product.

import '../../../src/ui/tokens.css'
import '../../../src/ui/base.css'
import { createRoot } from 'react-dom/client'
import { App } from '../../../src/app/App'
import { takeInviteLinks } from '../../../src/lib/inviteLink'
import { FakeCore } from './fake'

takeInviteLinks()
const core = new FakeCore(localStorage.getItem('look') ?? 'full')
Object.assign(globalThis, { core })
const root = document.getElementById('root')
if (root) createRoot(root).render(<App core={core} />)
