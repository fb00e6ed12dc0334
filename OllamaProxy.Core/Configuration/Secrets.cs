using System.Text.RegularExpressions;

namespace OllamaProxy.Configuration;

/// <summary>Hides secrets in addresses before they are shown in error messages and logs.</summary>
internal static partial class Secrets
{
    private const string Hidden = "***";

    /// <summary>
    /// Replaces what is, or may be, a user, a password, a header or a query. The text may be malformed: in doubt more is hidden rather than
    /// less.
    /// </summary>
    public static string Hide(string text)
    {
        var at = text.LastIndexOf('@');
        if (at >= 0)
        {
            var start = text.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme && scheme < at ? scheme + 3 : 0;
            text = text[..start] + Hidden + text[at..];
        }
        text = BadPort().Replace(text, $"$1{Hidden}");
        text = Query().Replace(text, $"$1{Hidden}");
        return OtherOption().Replace(text, $"$1{Hidden}");
    }

    /// <summary>What stands in the place of a port but is none: probably a password, with the host forgotten.</summary>
    [GeneratedRegex(@"((?:^|,|://)[^:/,;@\[]*:)(?![0-9]{1,5}(?:[/,;?#]|$)|//)[^/,;@]+")]
    private static partial Regex BadPort();

    [GeneratedRegex("([?#]).*$", RegexOptions.Singleline)]
    private static partial Regex Query();

    /// <summary>The first option that is not known to be public, and everything after it.</summary>
    [GeneratedRegex(@"(;(?!\s*(?:concurrency|models)\s*=)\s*(?:[\w-]+\s*=)?).+$", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex OtherOption();
}
