using OllamaProxy.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>Models that do not find an end, on the home page: what renders them must not need more than linear time.</summary>
public sealed class RepetitionTests : PageTests
{
    [BrowserTheory]
    [InlineData("`")]
    [InlineData("`a")]
    [InlineData("*")]
    [InlineData("**a ")]
    [InlineData("_")]
    [InlineData("__a ")]
    [InlineData("~")]
    [InlineData("[")]
    [InlineData("[a](")]
    [InlineData(" ")]
    [InlineData("x ")]
    [InlineData(">")]
    [InlineData("- ")]
    [InlineData("1. ")]
    [InlineData("#")]
    [InlineData("|")]
    [InlineData("|-")]
    [InlineData("\n")]
    [InlineData("- a\n")]
    [InlineData("```a\n")]
    [InlineData("https://a")]
    [InlineData("\\")]
    public async Task A_model_that_repeats_itself_does_not_bring_the_page_to_a_halt(string repeated)
    {
        var text = $"- begins\n# begins\n| a | b |\n|---|---|\n{string.Concat(Enumerable.Repeat(repeated, 150_000 / repeated.Length))}x\n\nends";
        await ShowAsync(text);
        await Expect(ById("result")).ToContainTextAsync("ends");
        await Expect(ById("result")).ToHaveClassAsync("markdown");
        await ById("plain").ClickAsync();
        Assert.Equal(text, await ById("result").EvaluateAsync<string>("element => element.textContent"));
    }
}
