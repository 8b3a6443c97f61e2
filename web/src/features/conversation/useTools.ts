import {
  type Dispatch,
  type MouseEvent,
  type PointerEvent,
  type SetStateAction,
  useEffect,
  useRef,
  useState,
} from 'react'

/** A finger that rests so long means more than a tap. */
const LONG_MS = 450
/** …if it stays where it is. */
const STILL_PX = 10

/** Was it clicked with a finger? */
export function isTouch(event: MouseEvent): boolean {
  return (event.nativeEvent as globalThis.PointerEvent).pointerType === 'touch'
}

/** The message whose tools are shown. A touch anywhere else hides them. */
export function useTools(): [string | null, Dispatch<SetStateAction<string | null>>] {
  const [active, setActive] = useState<string | null>(null)
  useEffect(() => {
    if (active === null) return
    const hide = (event: globalThis.PointerEvent) => {
      const at = (event.target as Element).closest<HTMLElement>('[data-tools]')?.dataset.tools
      if (event.pointerType === 'touch' && at !== active) setActive(null)
    }
    document.addEventListener('pointerdown', hide)
    return () => document.removeEventListener('pointerdown', hide)
  }, [active])
  return [active, setActive]
}

/** A tap shows the tools of a message or hides them, a long touch shows them; the keyboard has keys for them. */
export function useTouch(active: boolean, onActive: (active: boolean) => void) {
  const resting = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | null>(null)

  function stop() {
    clearTimeout(resting.current?.timer)
    resting.current = null
  }
  function show() {
    stop()
    onActive(true)
    // What the finger is lifted from is not clicked: it may be another thing by then.
    const swallow = (event: Event) => {
      event.preventDefault()
      event.stopPropagation()
    }
    const again = () => document.removeEventListener('click', swallow, true)
    document.addEventListener('click', swallow, { capture: true, once: true })
    document.addEventListener('pointerdown', again, { capture: true, once: true })
  }
  useEffect(() => stop, [])

  return {
    onPointerDown(event: PointerEvent) {
      stop()
      if (event.pointerType !== 'touch' || isControl(event)) return
      resting.current = { timer: setTimeout(show, LONG_MS), x: event.clientX, y: event.clientY }
    },
    onPointerMove({ clientX, clientY }: PointerEvent) {
      const from = resting.current
      if (from && Math.hypot(clientX - from.x, clientY - from.y) > STILL_PX) stop()
    },
    onPointerUp: stop,
    onPointerCancel: stop,
    onContextMenu(event: MouseEvent) {
      if (!isTouch(event) || isControl(event)) return
      event.preventDefault()
      show()
    },
    onClick(event: MouseEvent) {
      if (isTouch(event) && !isControl(event)) onActive(!active)
    },
  }
}

/** Links and buttons in a message have a touch of their own. */
function isControl(event: MouseEvent): boolean {
  return (event.target as Element).closest('a, button') !== null
}
