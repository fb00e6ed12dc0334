using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>What the tests of the list page look at.</summary>
public abstract class ListPageTest : PageTests
{
    protected ILocator Previews => Page.Locator("#rows .preview");

    protected ILocator CountOf(string status) => Page.Locator("#counts a", new() { HasTextRegex = new($"{status}$") });

    protected async Task ExpectPageAsync(int page, int of, int[] numbers)
    {
        await Expect(Previews).ToHaveTextAsync(numbers.Select(number => $"number {number}"));
        await Expect(ById("page-label")).ToHaveTextAsync($"Page {page} of {of}");
    }
}
