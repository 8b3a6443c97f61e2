import type { ComponentProps, MouseEvent } from 'react'
import { navigate, pathOf, type Route } from '../lib/router'

interface RouteLinkProps extends Omit<ComponentProps<'a'>, 'href'> {
  to: Route
}

/** A link to somewhere in the page. With a key held, the browser opens it as it does any other. */
export function RouteLink({ to, onClick, ...rest }: RouteLinkProps) {
  function open(event: MouseEvent<HTMLAnchorElement>) {
    onClick?.(event)
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    navigate(to)
  }
  return <a {...rest} href={pathOf(to)} onClick={open} />
}
