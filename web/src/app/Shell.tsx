import { ChatList } from '../features/chats/ChatList'
import { CommunityChats } from '../features/chats/CommunityChats'
import { CommunityHome } from '../features/communities/CommunityHome'
import { CommunityList } from '../features/communities/CommunityList'
import { CommunityMembers } from '../features/communities/CommunityMembers'
import { Conversation } from '../features/conversation/Conversation'
import { Details } from '../features/details/Details'
import { SettingsNav } from '../features/settings/SettingsNav'
import { SettingsPage } from '../features/settings/SettingsPage'
import { useCommunity, useConversation, useSession } from '../lib/data/context'
import { type Translate, useT } from '../lib/i18n'
import type { Route } from '../lib/router'
import { useStore } from '../lib/store'
import { cx } from '../ui/cx'
import { Banners } from './Banners'
import type { Overlay } from './Dialogs'
import { Pick } from './Pick'
import { communityAt, placeOf, Rail } from './Rail'
import styles from './Shell.module.css'

interface ShellProps {
  route: Route
  onOverlay: (overlay: Overlay) => void
  onMessage: (handle: string) => void
}

type View = 'list' | 'main' | 'pane'

/** Which of the columns a narrow page shows. */
function viewOf(route: Route): View {
  if (route.at === 'conversation' || route.at === 'community') return route.pane === 'none' ? 'main' : 'pane'
  return route.at === 'settings' && route.section ? 'main' : 'list'
}

function headingOf(t: Translate, route: Route, view: View): string {
  if (route.at === 'settings') return t('settings.title')
  if (view === 'pane') return route.at === 'community' ? t('details.members') : t('details.title')
  return placeOf(route) === 'communities' ? t('communities.title') : t('chats.title')
}

/** Rail, list, conversation or community, and side pane, as many of them as there is room for. */
export function Shell({ route, onOverlay, onMessage }: ShellProps) {
  const t = useT()
  const view = viewOf(route)
  return (
    <div className={styles.shell} data-view={view}>
      <a className={styles.skip} href="#main">
        {t('nav.skip')}
      </a>
      <Banners />
      <div className={styles.rail} data-landmark>
        <Rail route={route} />
      </div>
      <main className={styles.parts}>
        <h1 className={cx('visually-hidden', styles.heading)}>{headingOf(t, route, view)}</h1>
        <div className={styles.list} data-landmark>
          <List route={route} onOverlay={onOverlay} />
        </div>
        <div id="main" className={styles.main} tabIndex={-1} data-landmark>
          <Main route={route} onOverlay={onOverlay} />
        </div>
        {route.at === 'conversation' && route.pane === 'details' && (
          <DetailsPane id={route.id} onMessage={onMessage} />
        )}
        {route.at === 'community' && route.pane === 'members' && (
          <MembersPane
            id={route.id}
            onMessage={onMessage}
            onInvite={() => onOverlay({ kind: 'invite', community: route.id })}
          />
        )}
      </main>
    </div>
  )
}

type PartProps = Pick<ShellProps, 'route' | 'onOverlay'>

function List({ route, onOverlay }: PartProps) {
  if (route.at === 'settings') return <SettingsNav current={route.section} />
  if (route.at === 'communities') return <CommunityList onNew={(kind) => onOverlay({ kind })} />
  const current = route.at === 'conversation' ? route.id : null
  const community = communityAt(route)
  if (community !== null) return <CommunityPart id={community} current={current} onOverlay={onOverlay} />
  return <ChatList current={current} onNew={(kind) => onOverlay({ kind })} />
}

interface CommunityPartProps extends Pick<ShellProps, 'onOverlay'> {
  id: string
  current: string | null
}

/** The conversations of a community; all communities where one is not in it any more. */
function CommunityPart({ id, current, onOverlay }: CommunityPartProps) {
  const { loaded } = useStore(useSession().communities)
  const gone = useCommunity(id) === undefined && loaded
  if (gone) return <CommunityList onNew={(kind) => onOverlay({ kind })} />
  return <CommunityChats key={id} id={id} current={current} />
}

function Main({ route, onOverlay }: PartProps) {
  switch (route.at) {
    case 'conversation':
      return <Conversation id={route.id} within={route.within} detailsOpen={route.pane === 'details'} />
    case 'community': {
      const community = route.id
      return (
        <CommunityHome
          key={community}
          id={community}
          membersOpen={route.pane === 'members'}
          onInvite={() => onOverlay({ kind: 'invite', community })}
          onEdit={() => onOverlay({ kind: 'edit', community })}
          onNewGroup={() => onOverlay({ kind: 'group', community })}
        />
      )
    }
    case 'settings':
      return <SettingsPage section={route.section ?? 'profile'} />
    default:
      return <Pick communities={route.at === 'communities'} />
  }
}

interface PaneProps {
  id: string
  onMessage: (handle: string) => void
}

function DetailsPane({ id, onMessage }: PaneProps) {
  const item = useConversation(id)
  return (
    item && (
      <div className={styles.pane} data-landmark>
        <Details key={id} item={item} onMessage={onMessage} />
      </div>
    )
  )
}

function MembersPane({ id, onMessage, onInvite }: PaneProps & { onInvite: () => void }) {
  const community = useCommunity(id)
  return (
    community && (
      <div className={styles.pane} data-landmark>
        <CommunityMembers key={id} community={community} onMessage={onMessage} onInvite={onInvite} />
      </div>
    )
  )
}
