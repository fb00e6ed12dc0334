using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OllamaProxy.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

public abstract class ListPageTests(ProxyHost host) : PageTests(host)
{
    private const int RefreshMilliseconds = 5000;

    private ILocator Previews => Page.Locator("#rows .preview");

    [BrowserFact]
    public async Task Prompts_are_listed_newest_first_and_lead_to_their_results()
    {
        await Proxy.SubmitAsync(new { prompt = "the oldest" });
        await Proxy.SubmitAsync(new { prompt = "the middle" });
        await Proxy.ResultAsync(await Proxy.SubmitAsync(new { prompt = "the newest", model = "nosuch" }));

        await Page.GotoAsync("/list");
        await Expect(Previews).ToHaveTextAsync(["the newest", "the middle", "the oldest"]);
        await Expect(Page.Locator("#rows .badge")).ToHaveTextAsync(["failed", "completed", "completed"]);
        await Expect(Page.Locator("#rows .model")).ToHaveTextAsync(["nosuch", "llama3.2", "llama3.2"]);
        await Expect(Page.Locator("#rows .error").First).ToHaveTextAsync("model 'nosuch' not found");

        await Previews.Nth(1).ClickAsync();
        await ExpectResultOfAsync("the middle");
        await Page.GoBackAsync();
        await Expect(Previews).ToHaveCountAsync(3);
    }

    [BrowserFact]
    public async Task Pages_are_turned_and_their_size_is_chosen_and_the_address_says_so()
    {
        await SubmitNumbersAsync(12);
        await Page.GotoAsync("/list");
        await ExpectPageAsync(1, 3, [12, 11, 10, 9, 8]);
        await Expect(ById("previous")).ToBeDisabledAsync();

        await ById("next").ClickAsync();
        await ExpectPageAsync(2, 3, [7, 6, 5, 4, 3]);
        await ById("last").ClickAsync();
        await ExpectPageAsync(3, 3, [2, 1]);
        await Expect(Page).ToHaveURLAsync(new Regex("page=3&page_size=5$"));
        await Expect(ById("next")).ToBeDisabledAsync();
        await Expect(ById("page-label")).ToBeFocusedAsync();
        await Page.ReloadAsync();
        await ExpectPageAsync(3, 3, [2, 1]);

        await Page.GoBackAsync();
        await ExpectPageAsync(2, 3, [7, 6, 5, 4, 3]);
        await ById("page-size").SelectOptionAsync("10");
        await ExpectPageAsync(1, 2, [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
        await Expect(Page).ToHaveURLAsync(new Regex("page=1&page_size=10$"));
        await Page.GoBackAsync();
        await ExpectPageAsync(2, 3, [7, 6, 5, 4, 3]);
        await Expect(ById("page-size")).ToHaveValueAsync("5");
        await ById("first").ClickAsync();
        await ExpectPageAsync(1, 3, [12, 11, 10, 9, 8]);
    }

    [BrowserFact]
    public async Task A_new_prompt_appears_by_itself_and_leaves_focus_and_scrolling_alone()
    {
        await SubmitNumbersAsync(25);
        await Page.Clock.InstallAsync();
        await Page.GotoAsync("/list?page=1&page_size=25");
        var link = Page.GetByRole(AriaRole.Link, new() { Name = "number 5", Exact = true });
        await link.FocusAsync();
        var place = (await link.BoundingBoxAsync())!.Y;
        Assert.NotEqual(0, await Page.EvaluateAsync<double>("scrollY"));

        await Proxy.SubmitAsync(new { prompt = "the newest" });
        await Page.Clock.FastForwardAsync(RefreshMilliseconds);

        await Expect(Previews.First).ToHaveTextAsync("the newest");
        await Expect(link).ToBeFocusedAsync();
        await Eventually.NotNull(async () => Math.Abs((await link.BoundingBoxAsync())!.Y - place) <= 1 ? "in its place" : null);
    }

    [BrowserFact]
    public async Task A_refresh_stays_on_its_page()
    {
        await SubmitNumbersAsync(10);
        await Page.Clock.InstallAsync();
        await Page.GotoAsync("/list?page=2&page_size=5");
        await ExpectPageAsync(2, 2, [5, 4, 3, 2, 1]);

        await Proxy.SubmitAsync(new { prompt = "number 11" });
        await Page.Clock.FastForwardAsync(RefreshMilliseconds);

        await ExpectPageAsync(2, 3, [6, 5, 4, 3, 2]);
        await Expect(Page).ToHaveURLAsync(new Regex("page=2&page_size=5$"));
    }

    [BrowserFact]
    public async Task A_page_past_the_end_leads_back_to_the_last_one()
    {
        await SubmitNumbersAsync(7);

        await Page.GotoAsync("/list?page=99&page_size=5");
        await Expect(ById("empty-text")).ToHaveTextAsync("There is nothing on page 99.");
        await ById("empty-link").ClickAsync();

        await ExpectPageAsync(2, 2, [2, 1]);
        await Expect(ById("empty")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task An_empty_queue_says_so_until_its_first_prompt()
    {
        await Page.Clock.InstallAsync();
        await Page.GotoAsync("/list");
        await Expect(ById("empty-text")).ToHaveTextAsync("No prompts yet: the queue is empty.");
        await Expect(ById("empty-link")).ToHaveAttributeAsync("href", "/");
        await Expect(ById("pager")).ToBeHiddenAsync();

        await SubmitNumbersAsync(1);
        await Page.Clock.FastForwardAsync(RefreshMilliseconds);

        await ExpectPageAsync(1, 1, [1]);
        await Expect(ById("empty")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task A_list_without_a_connection_keeps_its_rows_and_goes_on_by_itself()
    {
        await SubmitNumbersAsync(1);
        await Page.Clock.InstallAsync();
        await Page.GotoAsync("/list");
        await ExpectPageAsync(1, 1, [1]);

        await SetOfflineAsync(true);
        await Page.Clock.FastForwardAsync(RefreshMilliseconds);
        await Expect(ById("notice")).ToContainTextAsync("Connection lost.");
        await ExpectPageAsync(1, 1, [1]);
        await Proxy.SubmitAsync(new { prompt = "number 2" });
        await SetOfflineAsync(false);
        await Page.Clock.FastForwardAsync(RefreshMilliseconds);

        await ExpectPageAsync(1, 1, [2, 1]);
        await Expect(ById("notice")).ToBeEmptyAsync();
    }

    private async Task ExpectPageAsync(int page, int of, int[] numbers)
    {
        await Expect(Previews).ToHaveTextAsync(numbers.Select(number => $"number {number}"));
        await Expect(ById("page-label")).ToHaveTextAsync($"Page {page} of {of}");
    }

    public sealed class OnServer() : ListPageTests(ProxyHosts.Server);

    public sealed class OnFunctions() : ListPageTests(ProxyHosts.Functions);
}
