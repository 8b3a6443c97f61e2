// A page without views: tests drive the core through `page`.

import { type CoreClient, type CoreEvent, startCore } from '../../../src/core/client'

declare global {
  interface Window {
    core: CoreClient
    events: CoreEvent[]
    /** Violations of the Content-Security-Policy and of Trusted Types. */
    violations: string[]
    /** From the start of the core to its first state; milliseconds. */
    bootMs: number | undefined
  }
}

window.violations = []
addEventListener('securitypolicyviolation', (event) => {
  window.violations.push(
    `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
  )
})

const started = performance.now()
window.core = startCore()
window.events = []
window.core.subscribe((event) => window.events.push(event))
window.core.subscribeState(() => {
  window.bootMs ??= performance.now() - started
})
