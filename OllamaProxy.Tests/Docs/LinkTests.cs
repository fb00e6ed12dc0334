using System.Text.RegularExpressions;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Docs;

public sealed partial class LinkTests
{
    public static TheoryData<string> Pages => [.. new[] { Repository.File("README.md") }
        .Concat(Directory.EnumerateFiles(Repository.File("docs"), "*.md", SearchOption.AllDirectories))
        .Select(page => Path.GetRelativePath(Repository.Folder, page)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_relative_link_leads_to_a_file_and_every_anchor_to_a_heading(string page) =>
        Assert.Empty(LinksOf(page).Where(link => !IsExternal(link)).Select(link => FaultOf(page, link)).OfType<string>());

    [Fact]
    public void A_link_that_leads_nowhere_is_found()
    {
        Assert.Equal("nowhere.md", FaultOf("README.md", "nowhere.md"));
        Assert.Equal("#no-such-heading", FaultOf("README.md", "#no-such-heading"));
        Assert.Equal("docs/api.md#no-such-heading", FaultOf("README.md", "docs/api.md#no-such-heading"));
        Assert.Equal("../../README.md", FaultOf("docs/api.md", "../../README.md"));
        Assert.Null(FaultOf("docs/api.md", "../README.md#start"));
        Assert.Null(FaultOf("README.md", "#start"));
    }

    [Fact]
    public void Links_are_read_in_every_form_but_not_in_code() => Assert.Equal(["a.md", "b.svg#c", "d.png", "e.png", "f.md"], LinksIn(
        """
        [a](a.md) and ![b](b.svg#c "title"), `[code](code.md)`
        <img srcset="d.png"><img src="e.png">
        ```md
        [code](code.md)
        ```
        [f]: f.md
        """));

    [Fact]
    public void An_anchor_is_a_heading_as_GitHub_writes_it() => Assert.Equal(["a-b", "ollama_urls-own-address", "a-b-1", "c"], AnchorsIn(
        """
        # A b
        ## `OLLAMA_URL`'s own address
        ### A b
        ```
        # no heading
        ```
        ## [C](c.md)
        """));

    private static IEnumerable<string> LinksOf(string page) => LinksIn(File.ReadAllText(Repository.File(page)));

    private static IEnumerable<string> LinksIn(string markdown) =>
        Link().Matches(Code().Replace(Fence().Replace(markdown, ""), "")).Select(link => link.Groups["to"].Value);

    private static bool IsExternal(string link) => Scheme().IsMatch(link);

    /// <summary>The link where it leads nowhere, else null.</summary>
    private static string? FaultOf(string page, string link)
    {
        var parts = link.Split('#', 2);
        var file = parts[0].Length == 0
            ? Repository.File(page)
            : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Repository.File(page))!, Uri.UnescapeDataString(parts[0])));
        var isThere = file.StartsWith(Repository.Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) && Path.Exists(file);
        return isThere && (parts.Length == 1 || (File.Exists(file) && AnchorsIn(File.ReadAllText(file)).Contains(parts[1]))) ? null : link;
    }

    /// <summary>The anchors of the headings; a heading that is there again has a number behind it.</summary>
    private static List<string> AnchorsIn(string markdown)
    {
        var (anchors, seen) = (new List<string>(), new Dictionary<string, int>());
        foreach (Match heading in Heading().Matches(Fence().Replace(markdown, "")))
        {
            var text = LinkText().Replace(heading.Groups["text"].Value, "$1");
            var anchor = NotInAnchor().Replace(text.Trim().ToLowerInvariant(), "").Replace(' ', '-');
            var before = seen.GetValueOrDefault(anchor);
            seen[anchor] = before + 1;
            anchors.Add(before == 0 ? anchor : $"{anchor}-{before}");
        }
        return anchors;
    }

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("`[^`\n]+`")]
    private static partial Regex Code();

    [GeneratedRegex(
        """\]\((?<to>[^)\s]+)(\s+"[^"]*")?\)|\b(src|srcset|href)="(?<to>[^"]+)"|^\[[^\]]+\]:\s*(?<to>\S+)""", RegexOptions.Multiline)]
    private static partial Regex Link();

    [GeneratedRegex("^([a-z][a-z0-9+.-]*:|//)", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    [GeneratedRegex("^#{1,6} +(?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex LinkText();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();
}
