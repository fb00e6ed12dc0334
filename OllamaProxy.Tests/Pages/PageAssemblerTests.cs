using OllamaProxy.Api.Pages;

namespace OllamaProxy.Tests.Pages;

public sealed class PageAssemblerTests
{
    private const string Html = "<style>/*{a.css}*/</style><script>/*{a.js}*/\n/*{b.js}*/</script>";

    private readonly Dictionary<string, string> _files = new()
    {
        ["page.html"] = Html,
        ["a.css"] = "p { margin: 0; }\n",
        ["a.js"] = "let a;\n",
        ["b.js"] = "/* A comment. */ let b;\n",
    };

    [Fact]
    public void The_files_stand_where_the_page_names_them() =>
        Assert.Equal("<style>p { margin: 0; }</style><script>let a;\n/* A comment. */ let b;</script>", Assemble());

    [Theory]
    [InlineData("page.html")]
    [InlineData("a.css")]
    [InlineData("b.js")]
    public void A_missing_file_is_an_error(string name)
    {
        _files.Remove(name);
        AssertError(name);
    }

    [Theory]
    [InlineData("page.html", Html + "/*{a.css*/", "no '}*/'")]
    [InlineData("page.html", Html + "/*{}*/", "''")]
    [InlineData("a.js", "/*{b.js}*/", "a.js")]
    [InlineData("a.js", "let a = '</Script>';", "</script")]
    [InlineData("a.js", "let a = '<!--';", "<!--")]
    [InlineData("a.css", "/* </style> */", "</style")]
    public void A_file_that_would_break_the_page_is_an_error(string name, string text, string reason)
    {
        _files[name] = text;
        AssertError(reason);
    }

    [Theory]
    [InlineData("index.html")]
    [InlineData("list.html")]
    [InlineData("batches.html")]
    [InlineData("dashboard.html")]
    [InlineData("docs.html")]
    [InlineData("prompt.html")]
    public void The_pages_of_the_program_are_whole(string name)
    {
        var page = PageAssembler.Assemble(name, PageAssembler.ReadEmbedded);

        Assert.DoesNotContain("/*{", page, StringComparison.Ordinal);
        Assert.Contains("color-scheme: light dark;", page, StringComparison.Ordinal);
        Assert.Contains("async function request(", page, StringComparison.Ordinal);
    }

    private string Assemble() => PageAssembler.Assemble("page.html", name => _files.GetValueOrDefault(name));

    private void AssertError(string reason)
    {
        var error = Assert.Throws<InvalidOperationException>(Assemble);
        Assert.StartsWith("The page 'page.html' cannot be assembled: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason == "page.html" ? "it is missing" : reason, error.Message, StringComparison.Ordinal);
    }
}
