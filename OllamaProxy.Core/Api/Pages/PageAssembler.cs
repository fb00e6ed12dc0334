using System.Reflection;
using System.Text;

namespace OllamaProxy.Api.Pages;

/// <summary>
/// Inlines the style sheets and scripts of a page, which its HTML names in placeholders such as <c>/*{site.css}*/</c>. A page that is
/// incomplete is an error, since in the browser it would only look or behave oddly.
/// </summary>
internal static class PageAssembler
{
    private const string Start = "/*{";
    private const string End = "}*/";

    /// <summary>What would end the element that a file is inlined into, or hide that end.</summary>
    private static readonly string[] Forbidden = ["</script", "</style", "<!--"];

    /// <summary>Assembles the page of this name.</summary>
    /// <param name="name">The name of the HTML file.</param>
    /// <param name="read">Reads a file. Null: there is no such file.</param>
    /// <exception cref="InvalidOperationException">A file is missing or cannot be inlined, or a placeholder is left.</exception>
    public static string Assemble(string name, Func<string, string?> read)
    {
        var html = read(name) ?? throw Error(name, "it is missing");
        var page = new StringBuilder();
        var position = 0;
        for (var start = Find(Start); start >= 0; start = Find(Start))
        {
            page.Append(html, position, start - position);
            position = start + Start.Length;
            var end = Find(End);
            if (end < 0)
                throw Error(name, $"a placeholder has no '{End}'");
            page.Append(Inline(name, html[position..end], read));
            position = end + End.Length;
        }
        return page.Append(html, position, html.Length - position).ToString();

        int Find(string text) => html.IndexOf(text, position, StringComparison.Ordinal);
    }

    /// <summary>Reads a file that is embedded in the program.</summary>
    public static string? ReadEmbedded(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name);
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string Inline(string page, string name, Func<string, string?> read)
    {
        var text = read(name) ?? throw Error(page, $"'{name}' is missing");
        if (text.Contains(Start, StringComparison.Ordinal))
            throw Error(page, $"'{name}' has a placeholder, which only the page itself may have");
        if (Array.Find(Forbidden, markup => text.Contains(markup, StringComparison.OrdinalIgnoreCase)) is { } forbidden)
            throw Error(page, $"'{name}' contains '{forbidden}', and cannot be inlined");
        return text.TrimEnd('\n');
    }

    private static InvalidOperationException Error(string page, string reason) => new($"The page '{page}' cannot be assembled: {reason}.");
}
