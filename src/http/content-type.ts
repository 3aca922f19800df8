/** Whether a Content-Type is JSON in UTF-8. https://www.rfc-editor.org/rfc/rfc9110.html#section-8.3 */

const type = /^application\/(?:graphql\+)?json(?=[ \t;]|$)/i;
/** With the empty parameters that the grammar allows. https://www.rfc-editor.org/rfc/rfc9110.html#section-5.6.6 */
const parameter = /[ \t]*;[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[\w!#$%&'*+.^`|~-]+))?/gy;

const unquoted = (value: string): string =>
  value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;

/** Parameters other than charset are ignored: JSON defines none. */
export const isJson = (contentType = ''): boolean => {
  const rest = contentType.slice(type.exec(contentType)?.[0].length ?? contentType.length);
  const parameters = [...rest.matchAll(parameter)];
  const isWhole = parameters.map(([text]) => text).join('') === rest;
  const charsets = parameters.filter(([, name]) => name?.toLowerCase() === 'charset');
  return (
    type.test(contentType) && isWhole && charsets.every(([, , value = '']) => unquoted(value).toLowerCase() === 'utf-8')
  );
};
