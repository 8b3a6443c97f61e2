import {
  defaultRangeExtractor,
  elementScroll,
  type Range,
  useVirtualizer,
  type Virtualizer,
} from '@tanstack/react-virtual'
import {
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type WheelEvent,
} from 'react'
import type { Timeline, TimelineView } from '../../lib/data/timeline'
import type { Row } from './rows'

/** So near to the end counts as at the end. */
const END_PX = 48
/** Positions are rounded. */
const SAME_PX = 1.5
/** Earlier messages are fetched before one reaches them. */
const OLDER_ROWS = 12
/** Where the list begins is found by then. */
const SETTLE_MS = 150

export interface FeedScroll {
  virtual: Virtualizer<HTMLDivElement, HTMLElement>
  atEnd: boolean
  onScroll: () => void
  onWheel: (event: WheelEvent) => void
  toEnd: () => void
  /** Goes to a row; whoever was at the end is no longer. */
  toRow: (index: number, align: 'auto' | 'center') => void
}

function estimate(row: Row | undefined): number {
  if (!row) return 44
  const lines = Math.ceil((row.message.text?.length ?? 0) / 70) || 1
  return (
    (row.kind === 'bubble' ? 22 + 22 * Math.min(lines, 40) : 36) + (row.day ? 44 : 0) + (row.unread ? 36 : 0)
  )
}

/** The rows in sight, and the one with the focus: if it went away, the focus would be lost. */
function withFocused(range: Range, rows: readonly Row[], focused: string | null): number[] {
  const shown = defaultRangeExtractor(range)
  const at = focused === null ? -1 : rows.findIndex((row) => row.message.message === focused)
  return at < 0 || shown.includes(at) ? shown : [...shown, at].sort((a, b) => a - b)
}

/** How much there is below what is in sight. */
function belowOf({ scrollHeight, scrollTop, clientHeight }: HTMLElement): number {
  return scrollHeight - scrollTop - clientHeight
}

/**
 * Where the list stands: begins at the unread divider or the end, loads upwards. Whoever is at the end stays there,
 * whatever comes or changes its height; whoever is not stays where they are.
 */
export function useFeed(
  scroll: RefObject<HTMLDivElement | null>,
  rows: readonly Row[],
  timeline: Timeline,
  older: TimelineView['older'],
  focused: string | null,
): FeedScroll {
  const [atEnd, setAtEnd] = useState(true)
  const stick = useRef(true)
  /** Where the page itself has put the list: any other position is somebody's who scrolls. */
  const put = useRef<number | undefined>(undefined)
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
    // Who is at the end is known here, not there.
    followOnAppend: false,
    scrollEndThreshold: SAME_PX,
    scrollToFn: (offset, options, instance) => {
      elementScroll(offset, options, instance)
      put.current = scroll.current?.scrollTop
    },
  })
  /** The height that the observer below has seen, and the position that was seen last. */
  const height = useRef<number | undefined>(undefined)
  const before = useRef(0)
  const look = useCallback(() => setAtEnd(virtual.isAtEnd(END_PX * 2)), [virtual])
  const onScroll = useCallback(() => {
    const element = scroll.current
    if (!element) return
    const { scrollTop: top, clientHeight } = element
    const up = top < before.current
    before.current = top
    // The browser moves the list when its height changes, and says so before the observer is told why.
    const theirs = clientHeight === height.current && Math.abs(top - (put.current ?? -1)) > SAME_PX
    if (theirs) {
      put.current = undefined
      stick.current = belowOf(element) <= (up ? SAME_PX : END_PX)
    }
    look()
  }, [scroll, look])
  // Before the first of its scroll events, so that nothing that comes in between takes it back.
  const onWheel = useCallback(
    (event: WheelEvent) => {
      if (event.deltaY < 0 && !event.ctrlKey && (scroll.current?.scrollTop ?? 0) > 0) stick.current = false
    },
    [scroll],
  )
  // Also when the rows changed their heights without a scroll.
  useEffect(look)

  const putAtEnd = useCallback(() => {
    const element = scroll.current
    if (!element) return
    element.scrollTop = element.scrollHeight - element.clientHeight
    put.current = element.scrollTop
  }, [scroll])
  const toEnd = useCallback(() => {
    stick.current = true
    virtual.scrollToEnd()
  }, [virtual])
  const last = rows.length - 1
  const toRow = useCallback(
    (index: number, align: 'auto' | 'center') => {
      if (index === last) return toEnd()
      virtual.scrollToIndex(index, { align })
      stick.current = scroll.current !== null && belowOf(scroll.current) <= SAME_PX
    },
    [scroll, virtual, last, toEnd],
  )

  // Only once, when the conversation is opened.
  useLayoutEffect(() => {
    const unread = rows.findIndex((row) => row.unread)
    if (unread > 0 && unread < rows.length - 4) stick.current = false
    if (!stick.current) virtual.scrollToIndex(unread, { align: 'start' })
    else virtual.scrollToEnd()
  }, [])

  // More rows, or higher than they were thought to be: at the end already in the frame that shows it.
  useLayoutEffect(() => {
    if (stick.current) putAtEnd()
  })

  // What one writes oneself is always shown.
  const newest = rows.at(-1)
  const ownNewest = newest?.own && newest.message.state === 'sending' ? newest.message.message : null
  useEffect(() => {
    if (ownNewest !== null) toEnd()
  }, [ownNewest, toEnd])

  // The field below grew, or the window shrank.
  useEffect(() => {
    const element = scroll.current
    if (!element) return
    const observer = new ResizeObserver(() => {
      height.current = element.clientHeight
      if (stick.current) putAtEnd()
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [scroll, putAtEnd])

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

  return { virtual, atEnd, onScroll, onWheel, toEnd, toRow }
}
