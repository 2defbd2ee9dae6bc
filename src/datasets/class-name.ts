/** A class name as it is compared and kept: accents composed, without blanks around it. */
export const className = (name: string): string => name.trim().normalize();
