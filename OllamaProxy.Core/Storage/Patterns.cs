namespace OllamaProxy.Storage;

/// <summary>Patterns of SQL's LIKE whose escape character is the backslash.</summary>
internal static class Patterns
{
    /// <summary>A text, of which no character means anything else.</summary>
    public static string Escape(string text) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal)
            .Replace("_", @"\_", StringComparison.Ordinal);
}
