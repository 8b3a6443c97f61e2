import { defaultRangeExtractor, type Range, useVirtualizer, type Virtualizer } from '@tanstack/react-virtual'
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { Timeline, TimelineView } from '../../lib/data/timeline'
import type { Row } from './rows'

/** So near to the end counts as at the end. */
const END_PX = 48
/** Earlier messages are fetched before one reaches them. */
const OLDER_ROWS = 12
const SETTLE_MS = 150

export interface FeedScroll {
  virtual: Virtualizer<HTMLDivElement, HTMLElement>
  atEnd: boolean
  onScroll: () => void
  toEnd: () => void
}

function estimate(row: Row | undefined): number {
  if (!row) return 44
  const lines = Math.ceil((row.message.text?.length ?? 0) / 70) || 1
  return (
    (row.kind === 'bubble' ? 22 + 22 * Math.min(lines, 40) : 36) + (row.day ? 44 : 0) + (row.unread ? 36 : 0)
  )
}

/** By the element's own measures: the list's are of a moment ago when something around it has changed. */
function putAtEnd(element: HTMLElement): void {
  element.scrollTop = element.scrollHeight - element.clientHeight
}

/** The rows in sight, and the one with the focus: if it went away, the focus would be lost. */
function withFocused(range: Range, rows: readonly Row[], focused: string | null): number[] {
  const shown = defaultRangeExtractor(range)
  const at = focused === null ? -1 : rows.findIndex((row) => row.message.message === focused)
  return at < 0 || shown.includes(at) ? shown : [...shown, at].sort((a, b) => a - b)
}

/** Where the list stands: begins at the unread divider or the end, stays at the end, loads upwards. */
export function useFeed(
  scroll: RefObject<HTMLDivElement | null>,
  rows: readonly Row[],
  timeline: Timeline,
  older: TimelineView['older'],
  focused: string | null,
): FeedScroll {
  const [atEnd, setAtEnd] = useState(true)
  const virtual = useVirtualizer<HTMLDivElement, HTMLElement>({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: (index) => estimate(rows[index]),
    getItemKey: (index) => rows[index]?.message.message ?? index,
    overscan: 8,
    rangeExtractor: (range) => withFocused(range, rows, focused),
    paddingStart: 16,
    paddingEnd: 8,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_PX,
  })
  const stick = useRef(true)
  const resizing = useRef(false)
  /** The height that the observer below has seen. */
  const height = useRef<number | undefined>(undefined)
  const look = useCallback(() => setAtEnd(virtual.isAtEnd(END_PX * 2)), [virtual])
  const onScroll = useCallback(() => {
    // The browser moves the list when its height changes, and says so before the observer is told why.
    const moved = scroll.current?.clientHeight === height.current
    if (moved && !resizing.current) stick.current = virtual.isAtEnd(END_PX)
    look()
  }, [scroll, virtual, look])
  // Also when the rows changed their heights without a scroll.
  useEffect(look)
  const toEnd = useCallback(() => virtual.scrollToEnd(), [virtual])

  // Only once, when the conversation is opened.
  useLayoutEffect(() => {
    const unread = rows.findIndex((row) => row.unread)
    if (unread > 0 && unread < rows.length - 4) stick.current = false
    if (!stick.current) virtual.scrollToIndex(unread, { align: 'start' })
    else virtual.scrollToEnd()
  }, [])

  // The rows are higher than they were thought to be: at the end already in the frame that shows it.
  const total = virtual.getTotalSize()
  useLayoutEffect(() => {
    const element = scroll.current
    if (element && stick.current) putAtEnd(element)
  }, [scroll, total])

  // What one writes oneself is always shown.
  const newest = rows.at(-1)
  const ownNewest = newest?.own && newest.message.state === 'sending' ? newest.message.message : null
  useEffect(() => {
    if (ownNewest !== null) virtual.scrollToEnd()
  }, [ownNewest, virtual])

  // The field below grew, or the window shrank: whoever was at the end stays there.
  useEffect(() => {
    const element = scroll.current
    if (!element) return
    const observer = new ResizeObserver(() => {
      height.current = element.clientHeight
      if (!stick.current) return
      resizing.current = true
      putAtEnd(element)
      // Rows of another width have other heights, which are known a moment later.
      setTimeout(() => {
        putAtEnd(element)
        resizing.current = false
      }, SETTLE_MS)
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [scroll])

  // Not before the list has gone to where it begins.
  const [settled, setSettled] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), SETTLE_MS)
    return () => clearTimeout(timer)
  }, [])
  const firstShown = virtual.getVirtualItems()[0]?.index ?? rows.length
  useEffect(() => {
    if (settled && older === 'some' && firstShown < OLDER_ROWS) void timeline.loadOlder()
  }, [settled, older, firstShown, timeline])

  return { virtual, atEnd, onScroll, toEnd }
}
