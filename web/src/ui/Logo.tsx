interface LogoProps {
  size: number
}

/** Three stars: the typographic asterism, drawn as a small constellation. */
export function Logo({ size }: LogoProps) {
  return (
    <svg width={size} height={size} viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <path
        d="M24 13 12 33h24z"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeOpacity="0.4"
        strokeLinejoin="round"
      />
      <Star x={24} y={13} r={9.5} />
      <Star x={12} y={33} r={7.5} />
      <Star x={36} y={33} r={7.5} />
    </svg>
  )
}

function Star({ x, y, r }: { x: number; y: number; r: number }) {
  const waist = r * 0.2
  const d = `M${x} ${y - r}Q${x + waist} ${y - waist} ${x + r} ${y}Q${x + waist} ${y + waist} ${x} ${y + r}Q${x - waist} ${y + waist} ${x - r} ${y}Q${x - waist} ${y - waist} ${x} ${y - r}Z`
  return <path d={d} fill="currentColor" />
}
