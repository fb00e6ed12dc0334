using OllamaProxy.Tests.Pages.Browser;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>What the home page makes of a result. That is the browser's work alone, so that one host is enough for it.</summary>
public sealed class ResultTests : PageTests
{
    [BrowserFact]
    public async Task A_result_of_two_megabytes_is_shown_whole_and_can_be_copied()
    {
        var text = string.Concat(Enumerable.Range(0, 200_000).Select(n => $"line {n % 100:00}\n  "));
        await using var ollama = await RawOllama.StartAsync(async answer =>
        {
            await answer.SendHeadersAsync();
            foreach (var piece in text.Chunk(20_000))
                await answer.SendAsync(RawOllama.Line(new(piece)));
            await answer.SendAsync(RawOllama.Line("", done: true));
        });
        await UseAsync(ollama);
        await Page.GotoAsync("/");
        await QueueAsync(Question);

        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Expect(ById("result-note")).ToContainTextAsync("plain text");
        Assert.Equal(text, await ById("result").EvaluateAsync<string>("element => element.textContent"));
        await Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await ById("copy-result").ClickAsync();
        await Expect(ById("copy-result")).ToHaveTextAsync("Copied");
        Assert.Equal(text, await Page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }

    [BrowserFact]
    public async Task Both_pages_note_that_a_prompt_was_cut()
    {
        await Page.GotoAsync("/");
        await QueueAsync(string.Join(' ', Enumerable.Repeat("word", 5_000)));

        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Expect(ById("result-note")).ToContainTextAsync("was given only 2,050 tokens of it");
        await Page.GotoAsync("/list");
        await Expect(ById("rows")).ToContainTextAsync("The prompt was cut to 2,050 tokens.");
    }

    [BrowserTheory]
    [InlineData("# One\n### Three\n###### Six", "<h4>One</h4><h6>Three</h6><h6>Six</h6>")]
    [InlineData("plain *em* **strong** _em_ __strong__ ***both*** ~~gone~~ `co*de*`",
        "<p>plain <em>em</em> <strong>strong</strong> <em>em</em> <strong>strong</strong> <strong><em>both</em></strong> "
        + "<del>gone</del> <code>co*de*</code></p>")]
    [InlineData("snake_case_name 2 * 3 * 4 \\*not\\*", "<p>snake_case_name 2 * 3 * 4 *not*</p>")]
    [InlineData("one\ntwo\n\nthree  \nfour", "<p>one\ntwo</p><p>three<br>four</p>")]
    [InlineData("- a\n- b\n  - c\n    1. d\n- [x] e", "<ul><li>a</li><li>b<ul><li>c<ol><li>d</li></ol></li></ul></li><li>☑ e</li></ul>")]
    [InlineData("3. a\n4. b\n\n   c", "<ol start=\"3\"><li>a</li><li>b<p>c</p></li></ol>")]
    [InlineData("> quoted\n> **more**\n\nafter", "<blockquote><p>quoted\n<strong>more</strong></p></blockquote><p>after</p>")]
    [InlineData("a\n\n---\n\nb", "<p>a</p><hr><p>b</p>")]
    [InlineData("[safe](https://a.example/b_(c) \"t\") [no](javascript:alert(1)) ![pic](https://a.example/p.png)",
        "<p><a href=\"https://a.example/b_(c)\" target=\"_blank\" rel=\"noopener noreferrer\">safe</a> [no](javascript:alert(1)) "
        + "<a href=\"https://a.example/p.png\" target=\"_blank\" rel=\"noopener noreferrer\">pic</a></p>")]
    [InlineData("see https://a.example/x_y_z.",
        "<p>see <a href=\"https://a.example/x_y_z\" target=\"_blank\" rel=\"noopener noreferrer\">https://a.example/x_y_z</a>.</p>")]
    [InlineData("<b onclick=alert(1)>&amp;</b><script>alert(2)</script>",
        "<p>&lt;b onclick=alert(1)&gt;&amp;amp;&lt;/b&gt;&lt;script&gt;alert(2)&lt;/script&gt;</p>")]
    [InlineData("a | b", "<p>a | b</p>")]
    public async Task Markdown_becomes_elements(string text, string html)
    {
        await ShowAsync(text);
        Assert.Equal(html, await ById("result").InnerHTMLAsync());
    }

    [BrowserFact]
    public async Task Code_is_kept_as_it_is_and_can_be_copied()
    {
        await ShowAsync("Look:\n```c#\nif (a < b)\n    **x** = `y`;\n\n# no heading\n```\nDone.");

        await Expect(Page.Locator("#result .code span")).ToHaveTextAsync("c#");
        Assert.Equal("if (a < b)\n    **x** = `y`;\n\n# no heading", await Page.Locator("#result code").TextContentAsync());
        await Expect(Page.Locator("#result p").Last).ToHaveTextAsync("Done.");
        await Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await Page.Locator("#result .code button").ClickAsync();
        Assert.Equal("if (a < b)\n    **x** = `y`;\n\n# no heading", await Page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }

    [BrowserFact]
    public async Task A_table_is_a_table()
    {
        await ShowAsync("| Name | Size |\n|:--|--:|\n| a \\| b | **1** |\n| c |\n\nafter");

        await Expect(Page.Locator("#result th")).ToHaveTextAsync(["Name", "Size"]);
        await Expect(Page.Locator("#result td")).ToHaveTextAsync(["a | b", "1", "c", ""]);
        await Expect(Page.Locator("#result td").Nth(1)).ToHaveCSSAsync("text-align", "right");
        await Expect(Page.Locator("#result > p")).ToHaveTextAsync("after");
    }

    [BrowserFact]
    public async Task An_answer_that_streams_in_looks_in_the_end_as_if_it_had_come_at_once()
    {
        // Each piece ends amid a construct, and is sent when the page shows the one before it.
        (string Sent, string Shown)[] pieces =
        [
            ("# Ti", "Ti"), ("tle\n\nSome *te", "te"), ("xt*\nand mo", "mo"), ("re.\n\n- a\n- b\n  - la", "la"),
            ("st\n\nx | y\n--|--\n1 | ce", "ce"), ("ll\n\n```js\nlet a = 1;\n\nlet co", "co"), ("de;\n```\n> quo", "quo"),
            ("te\n\n1. one\n2. tw", "tw"), ("o\n", "two"),
        ];
        using var shown = new SemaphoreSlim(0);
        await using var ollama = await RawOllama.StartAsync(async answer =>
        {
            await answer.SendHeadersAsync();
            foreach (var (sent, _) in pieces)
            {
                await answer.SendAsync(RawOllama.Line(sent));
                await shown.WaitAsync(answer.Gone);
            }
            await answer.SendAsync(RawOllama.Line("", done: true));
        });
        await UseAsync(ollama);
        await Page.GotoAsync("/");
        await QueueAsync("streams");
        foreach (var piece in pieces)
        {
            await Expect(ById("result")).ToContainTextAsync(piece.Shown);
            shown.Release();
        }
        await Expect(ById("status")).ToHaveTextAsync("completed");
        var streamed = await ById("result").InnerHTMLAsync();

        await Page.ReloadAsync();
        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Expect(ById("result")).ToContainTextAsync("two");
        Assert.Equal(streamed, await ById("result").InnerHTMLAsync());
        await ById("plain").ClickAsync();
        Assert.Equal(string.Concat(pieces.Select(piece => piece.Sent)), await ById("result").TextContentAsync());
    }
}
