using System.Globalization;
using System.Text;

namespace OllamaProxy.Hosting;

/// <summary>
/// A text of foreign origin, such as a path, a model's name or an error, as the log shows it: on one line, with escapes for invisible
/// characters. Terminals obey control characters, and readers must be able to trust where a line of the log begins and in which direction
/// it reads.
/// </summary>
public readonly struct LogText(string? text)
{
    /// <summary>Converts any text.</summary>
    public static implicit operator LogText(string? text) => new(text);

    /// <summary>The escaped text.</summary>
    public override string ToString() => Escape(text ?? "");

    /// <summary>
    /// Escapes control characters (C0, DEL, and C1 with U+0085), line and paragraph separators (U+2028 and U+2029), formatting characters
    /// (such as those that change the direction of text) and lone surrogates, as <c>\n</c>, <c>\r</c>, <c>\t</c> or as in JSON:
    /// <c>\u001b</c>.
    /// </summary>
    public static string Escape(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0)
            return text;
        var shown = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            var length = char.IsSurrogatePair(text, at) ? 2 : 1;
            // A lone surrogate has the category Surrogate; a pair has that of its character.
            if (IsSeen(CharUnicodeInfo.GetUnicodeCategory(text, at)))
                shown.Append(text, at, length);
            else
                Append(shown, text.AsSpan(at, length));
            at += length - 1;
        }
        return shown.ToString();
    }

    private static bool IsSeen(UnicodeCategory category) => category is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate);

    private static void Append(StringBuilder shown, ReadOnlySpan<char> unseen)
    {
        foreach (var character in unseen)
            _ = character switch
            {
                '\n' => shown.Append(@"\n"),
                '\r' => shown.Append(@"\r"),
                '\t' => shown.Append(@"\t"),
                _ => shown.Append(CultureInfo.InvariantCulture, $@"\u{(int)character:x4}"),
            };
    }
}
