using System.Globalization;
using System.Text;

namespace OllamaProxy.Hosting;

/// <summary>
/// A text from elsewhere, such as a path, a model's name or an error, as the log shows it: on one line, with an escape in place of each
/// character that would do something rather than be seen. Terminals obey control characters, and who reads the log must be able to trust
/// where a line begins and in which direction it reads.
/// </summary>
public readonly struct LogText(string? text)
{
    /// <summary>Any text can be logged.</summary>
    public static implicit operator LogText(string? text) => new(text);

    /// <summary>The text as it can be shown.</summary>
    public override string ToString() => Escape(text ?? "");

    /// <summary>
    /// Escapes controls (C0, DEL, C1 with U+0085), line and paragraph separators (U+2028 and U+2029), formatting characters (such as those
    /// that change the direction) and lone surrogates, as <c>\n</c>, <c>\r</c>, <c>\t</c> or in the way of JSON: <c>\u001b</c>.
    /// </summary>
    public static string Escape(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0)
            return text;
        var shown = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            var length = char.IsSurrogatePair(text, at) ? 2 : 1;
            // Of a lone surrogate the category is that of surrogates.
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
