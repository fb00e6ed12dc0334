using OllamaProxy.Tests.Pages.Browser;
using OllamaProxy.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>Models that do not find an end, on the home page: what renders them must not need more than linear time.</summary>
public sealed class RepetitionTests : PageTests
{
    public static TheoryData<string> Repeated => LongRuns.Cases(
        ["`a", "**a ", "[a](", ">", "- a\n", "|-", "https://a"],
        ["`", "*", "_", "__a ", "~", "[", " ", "x ", "- ", "1. ", "#", "|", "\n", "```a\n", "\\"]);

    [BrowserTheory]
    [MemberData(nameof(Repeated))]
    public async Task A_model_that_repeats_itself_does_not_bring_the_page_to_a_halt(string repeated)
    {
        var text = "- begins\n# begins\n| a | b |\n|---|---|\n"
            + $"{string.Concat(Enumerable.Repeat(repeated, 150_000 / repeated.Length))}x\n\nends";
        await ShowAsync(text);
        await Expect(ById("result")).ToContainTextAsync("ends");
        await Expect(ById("result")).ToHaveClassAsync("markdown");
        await ById("plain").ClickAsync();
        Assert.Equal(text, await ById("result").EvaluateAsync<string>("element => element.textContent"));
    }
}
