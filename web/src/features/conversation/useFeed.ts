import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual'
import { type RefObject, useCallback, useEffect, useLayoutEffect, useState } from 'react'
import type { Timeline, TimelineView } from '../../lib/data/timeline'
import type { Row } from './rows'

/** So near to the end counts as at the end. */
const END_PX = 48
/** Earlier messages are fetched before one reaches them. */
const OLDER_ROWS = 12

export interface FeedScroll {
  virtual: Virtualizer<HTMLDivElement, HTMLElement>
  atEnd: boolean
  onScroll: () => void
  toEnd: () => void
}

function estimate(row: Row | undefined): number {
  if (!row) return 44
  const lines = Math.ceil((row.message.text?.length ?? 0) / 70) || 1
  return (row.kind === 'bubble' ? 22 + 22 * Math.min(lines, 40) : 36) + (row.day ? 44 : 0) + (row.unread ? 36 : 0)
}

/** Where the list stands: begins at the unread divider or the end, stays at the end, loads upwards. */
export function useFeed(
  scroll: RefObject<HTMLDivElement | null>,
  rows: readonly Row[],
  timeline: Timeline,
  older: TimelineView['older'],
): FeedScroll {
  const [atEnd, setAtEnd] = useState(true)
  const virtual = useVirtualizer<HTMLDivElement, HTMLElement>({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: index => estimate(rows[index]),
    getItemKey: index => rows[index]?.message.message ?? index,
    overscan: 8,
    paddingStart: 16,
    paddingEnd: 8,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_PX,
  })
  const onScroll = useCallback(() => setAtEnd(virtual.isAtEnd(END_PX * 2)), [virtual])
  const toEnd = useCallback(() => virtual.scrollToEnd(), [virtual])

  // biome-ignore lint/correctness/useExhaustiveDependencies: only once, when the conversation is opened
  useLayoutEffect(() => {
    const unread = rows.findIndex(row => row.unread)
    if (unread > 0 && unread < rows.length - 4) virtual.scrollToIndex(unread, { align: 'start' })
    else virtual.scrollToEnd()
  }, [])

  // What one writes oneself is always shown.
  const newest = rows.at(-1)
  const ownNewest = newest?.own && newest.message.state === 'sending' ? newest.message.message : null
  useEffect(() => {
    if (ownNewest !== null) virtual.scrollToEnd()
  }, [ownNewest, virtual])

  const firstShown = virtual.getVirtualItems()[0]?.index ?? rows.length
  useEffect(() => {
    if (older === 'some' && firstShown < OLDER_ROWS) void timeline.loadOlder()
  }, [older, firstShown, timeline])

  return { virtual, atEnd, onScroll, toEnd }
}
