// The page's one Trusted Types policy: scripts come from the page's own hashed files, and no HTML is ever made.

interface ScriptPolicy {
  createScriptURL(url: string): string
}

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): ScriptPolicy
}

declare global {
  /** Missing in browsers that do not enforce Trusted Types. */
  var trustedTypes: PolicyFactory | undefined
}

const rules: ScriptPolicy = {
  createScriptURL(url) {
    const address = new URL(url, location.href)
    if (address.origin !== location.origin) throw new TypeError('a script of another origin')
    return address.href
  },
}

const policy = globalThis.trustedTypes?.createPolicy('app', rules) ?? rules

/** The address of a script of this origin, as the browser wants to have it. */
export function scriptUrl(url: string): string {
  return policy.createScriptURL(url)
}
