/**
 * What may make a link, a picture or a tag of a text that GitHub shows: a picture is fetched when somebody looks, so its address carries
 * data to whoever owns the server. Markdown reads entities in addresses and has a dozen ways to write one, so it is the
 * marks around them that count, and plain text with one of these is taken for a link as well.
 */
const LINK = /:\/\/|\/\/[^\s/]|www\.|!\[|\]\s*[([:]|<[a-z!/?]/i;

/** Whether a text in Markdown can lead whoever looks at it to another server. */
export const leadsElsewhere = (markdown: string): boolean => LINK.test(markdown);
