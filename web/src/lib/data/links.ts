import type { CoreClient } from '../../core/client'

/** How many links let people into a group or a community; none where one cannot know. */
export async function liveLinks(core: CoreClient, target: string): Promise<number> {
  const links = await core.request({ method: 'invite_list', params: { target } }).catch(() => [])
  return links.filter((link) => link.state === 'live').length
}
