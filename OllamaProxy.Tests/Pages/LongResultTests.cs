using OllamaProxy.Tests.Pages.Browser;
using OllamaProxy.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>Results that are large, deep or wide: to draw them takes bounded work, in slices between which the page answers.</summary>
public sealed class LongResultTests : PageTests
{
    /// <summary>
    /// The longest that the page may be deaf, in milliseconds. Alone on a machine it is below 200; many tests run at once. While
    /// <see cref="ReferenceAsync"/> takes longer than <see cref="ReferenceTask"/>, the page may be deaf for longer by the same factor.
    /// </summary>
    private const double MaxTask = 500;

    /// <summary>What it takes in milliseconds on a developer's machine that has nothing else to do.</summary>
    private const double ReferenceTask = 250;

    private const int Markdown = 195_000;

    private static readonly Dictionary<string, Func<string>> Texts = new()
    {
        ["a nested list of 4.5 MB"] = () => NestedList(4_500_000),
        ["a nested list"] = () => NestedList(Markdown),
        ["a deep list with many items"] = () =>
            string.Concat(Enumerable.Range(0, 12_000).Select(n => new string(' ', n % 20 * 2) + "- a\n"))[..Markdown],
        ["many items"] = () => Repeat("- a\n", Markdown),
        ["many numbers"] = () => Repeat("1. a\n", Markdown),
        ["tasks"] = () => Repeat("- [x] **a**\n", Markdown),
        ["a table of 60,000 columns"] = () => $"{Repeat("|", 60_000)}\n{Repeat("|-", 120_000)}|\n|a|\n",
        ["a table of 100,000 columns and more than is drawn"] = () => $"{Repeat("|a", 200_000)}\n{Repeat("|-", 200_000)}|\n|a|\n",
        ["a table that is wide and long"] = () => $"{Repeat("|", 30_000)}\n{Repeat("|-", 60_000)}|\n{Repeat("|\n", 100_000)}",
        ["a long table"] = () => $"|a|b|\n|-|-|\n{Repeat("|a|b|\n", Markdown - 20)}",
        ["many tables"] = () => Repeat("|a|b|\n|-|-|\n|*a*|**b**|\n\n", Markdown),
        ["quotes in quotes"] = () => Repeat(">", 100_000) + " a",
        ["many quotes"] = () => Repeat("> a\n\n", Markdown),
        ["quotes that are deeper and deeper"] = () => string.Concat(Enumerable.Range(1, 600).Select(n => new string('>', n) + " a\n")),
        ["lists in quotes in lists"] = () => Repeat("- > ", Markdown),
        ["a million backticks"] = () => Repeat("`", 1_000_000),
        ["backticks"] = () => Repeat("`a``b", Markdown),
        ["asterisks"] = () => Repeat("**a *b ", Markdown),
        ["emphasis"] = () => Repeat("*a* **b** ~~c~~ _d_ ", Markdown),
        ["emphasis in lines"] = () => Repeat("*a* **b** ~~c~~ _d_\n\n", Markdown),
        ["emphasis that never ends, in paragraphs"] = () => Repeat(Repeat("**a ", 9_900) + "\n\n", Markdown),
        ["brackets"] = () => Repeat("[", Markdown),
        ["links"] = () => Repeat("[a](https://a.example) ", Markdown),
        ["links in lines"] = () => Repeat("[a](https://a.example)\n\n", Markdown),
        ["addresses"] = () => Repeat("https://a.example/ ", Markdown),
        ["a long line"] = () => Repeat("word ", Markdown),
        ["a long line of 4.5 MB"] = () => Repeat("word ", 4_500_000),
        ["a long word of 2 MB"] = () => Repeat("x", 2_000_000),
        ["short lines of 4.5 MB"] = () => Repeat("a\n", 4_500_000),
        ["empty lines"] = () => Repeat("\n", Markdown),
        ["paragraphs"] = () => Repeat("a\n\n", Markdown),
        ["code"] = () => "```\n" + Repeat("let a = 1;\n", Markdown - 10),
        ["code in one line"] = () => "```\n" + Repeat("let a = 1; ", Markdown - 10),
        ["many blocks of code"] = () => Repeat("```\na\n```\n", Markdown),
        ["headings"] = () => Repeat("# a\n", Markdown),
        ["rules"] = () => Repeat("---\n\n", Markdown),
        ["a rule that is none"] = () => Repeat("- ", Markdown) + "x",
    };

    /// <summary>Of lists, tables, quotes, emphasis, links, plain text and code those that are the hardest.</summary>
    private static readonly string[] Hardest =
    [
        "a nested list of 4.5 MB", "a deep list with many items", "a table of 100,000 columns and more than is drawn",
            "a table that is wide and long",
        "quotes in quotes", "lists in quotes in lists", "emphasis that never ends, in paragraphs", "links", "a long line of 4.5 MB",
            "code in one line",
    ];

    public static TheoryData<string> Kinds => LongRuns.Cases(Hardest, Texts.Keys.Except(Hardest));

    [BrowserTheory]
    [MemberData(nameof(Kinds))]
    public async Task The_page_answers_while_it_draws_whatever_the_result_is(string kind)
    {
        var text = Texts[kind]() + "\n\nends";
        await Page.AddInitScriptAsync(
            """
            window.longest = 0;
            const note = list => { for (const task of list.getEntries()) longest = Math.max(longest, task.duration); };
            new PerformanceObserver(note).observe({ type: 'longtask' });
            """);
        await ShowAsync(text);

        // A busy machine can stop the browser for a moment. What the page does by itself, it does each time.
        var (longest, bound) = await LongestTaskAsync();
        for (var again = 0; again < 2 && longest >= bound; again++)
        {
            await Page.ReloadAsync();
            await Expect(ById("result-title")).ToHaveTextAsync("Result");
            (longest, bound) = await LongestTaskAsync();
        }
        Assert.True(longest < bound, $"With {kind} the page was deaf for {longest:0} ms, and may be for {bound:0} on this machine.");
        Assert.InRange(await Page.EvaluateAsync<int>("document.querySelectorAll('#result *').length"), 1, 20_000);
        await ById("plain").ClickAsync();
        Assert.Equal(text, await ById("result").EvaluateAsync<string>("element => element.textContent"));
    }

    /// <summary>
    /// For how many milliseconds the page did not answer while it drew the result, and showed the end of it; and for how many it may on
    /// this machine, as busy as it is now.
    /// </summary>
    private async Task<(double Longest, double Bound)> LongestTaskAsync()
    {
        // It is drawn when its end is there; meanwhile, and then, buttons answer.
        await Expect(ById("result")).Not.ToHaveAttributeAsync("aria-busy", "true");
        Assert.EndsWith("ends", await ById("result").EvaluateAsync<string>("element => element.textContent"), StringComparison.Ordinal);
        await ById("result").EvaluateAsync("element => element.scrollIntoView({ block: 'end' })");
        await Page.EvaluateAsync("new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))");
        var longest = await Page.EvaluateAsync<double>("longest");
        return (longest, longest < MaxTask ? MaxTask : MaxTask * Math.Max(1, await ReferenceAsync() / ReferenceTask));
    }

    /// <summary>For how many milliseconds the browser computes something that is the same everywhere.</summary>
    private Task<double> ReferenceAsync() => Page.EvaluateAsync<double>(
        """
        () => {
            const began = performance.now();
            let sum = 0;
            for (let n = 0; n < 50_000_000; n++)
                sum = (sum * 31 + n) % 1_000_003;
            return performance.now() - began + 0 * sum;
        }
        """);

    private static string Repeat(string part, int length) => string.Concat(Enumerable.Repeat(part, (length / part.Length) + 1))[..length];

    private static string NestedList(int length) =>
        string.Concat(Enumerable.Range(0, (int)Math.Sqrt(length)).Select(depth => new string(' ', 2 * depth) + "- a\n"));
}
