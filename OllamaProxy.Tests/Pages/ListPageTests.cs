using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OllamaProxy.Tests.Pages.Browser;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>What the list page shows: its rows, pages, filters and figures.</summary>
public sealed class ListPageTests : ListPageTest
{
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
        await ById("page-size").SelectOptionAsync("5");
        await ExpectPageAsync(1, 3, [12, 11, 10, 9, 8]);
        await Expect(ById("previous")).ToBeDisabledAsync();

        await ById("next").ClickAsync();
        await ExpectPageAsync(2, 3, [7, 6, 5, 4, 3]);
        await ById("last").ClickAsync();
        await ExpectPageAsync(3, 3, [2, 1]);
        await Expect(Page).ToHaveURLAsync(new Regex(@"/list\?page=3&page_size=5$"));
        await Expect(ById("next")).ToBeDisabledAsync();
        await Expect(ById("page-label")).ToBeFocusedAsync();
        await Page.ReloadAsync();
        await ExpectPageAsync(3, 3, [2, 1]);

        await Page.GoBackAsync();
        await ExpectPageAsync(2, 3, [7, 6, 5, 4, 3]);
        await ById("page-size").SelectOptionAsync("10");
        await ExpectPageAsync(1, 2, [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
        await Expect(Page).ToHaveURLAsync(new Regex(@"/list\?page_size=10$"));
        await Page.GoBackAsync();
        await ExpectPageAsync(2, 3, [7, 6, 5, 4, 3]);
        await Expect(ById("page-size")).ToHaveValueAsync("5");
        await ById("first").ClickAsync();
        await ExpectPageAsync(1, 3, [12, 11, 10, 9, 8]);
    }

    [BrowserFact]
    public async Task A_page_that_was_asked_for_comes_also_when_something_happens_while_it_is_read()
    {
        await SubmitNumbersAsync(12);
        await Page.GotoAsync("/list?page_size=5");
        await ExpectPageAsync(1, 3, [12, 11, 10, 9, 8]);
        var asked = new TaskCompletionSource();
        await Page.RouteAsync("**/api/v1/prompts?page=2*", async route =>
        {
            if (!asked.TrySetResult())
                await route.ContinueAsync();
        });
        await ById("next").ClickAsync();
        await asked.Task;
        await Proxy.SubmitAsync(new { prompt = "number 13" });

        await ExpectPageAsync(2, 3, [8, 7, 6, 5, 4]);
    }

    [BrowserFact]
    public async Task The_list_is_filtered_by_status_model_and_text_and_the_address_says_so()
    {
        await Proxy.SubmitAsync(new { prompt = "a red apple" });
        await Proxy.SubmitAsync(new { prompt = "a green apple", model = "tiny" });
        await Proxy.ResultAsync(await Proxy.SubmitAsync(new { prompt = "a red pear", model = "nosuch" }));
        await Page.GotoAsync("/list");

        await CountOf("failed").ClickAsync();
        await Expect(Previews).ToHaveTextAsync(["a red pear"]);
        await Expect(Page).ToHaveURLAsync(new Regex(@"/list\?status=failed$"));
        await CountOf("all").ClickAsync();
        await ById("q").FillAsync("red");
        await Expect(Previews).ToHaveTextAsync(["a red pear", "a red apple"]);
        await Expect(ById("total")).ToHaveTextAsync("2 prompts");
        await Expect(Page).ToHaveURLAsync(new Regex(@"/list\?q=red$"));
        await ById("q").FillAsync("");
        await ById("model").SelectOptionAsync("tiny");
        await Expect(Previews).ToHaveTextAsync(["a green apple"]);

        await Page.GotoAsync("/list?status=completed&model=llama3.2&q=apple&page=1");
        await Expect(Previews).ToHaveTextAsync(["a red apple"]);
        await Expect(ById("q")).ToHaveValueAsync("apple");
        await Expect(ById("model")).ToHaveValueAsync("llama3.2");
        await Expect(CountOf("completed")).ToHaveAttributeAsync("aria-current", "page");
        await ById("q").FillAsync("plum");
        await Expect(ById("empty-text")).ToHaveTextAsync("No prompt is like that.");
        await Page.GotoAsync("/list?status=nonsense&page=-1&page_size=7");
        await Expect(Previews).ToHaveCountAsync(3);
    }

    [BrowserFact]
    public async Task The_overview_tells_of_the_last_hour()
    {
        await SubmitNumbersAsync(3);
        await Page.GotoAsync("/list");

        await Expect(CountOf("completed").Locator("b")).ToHaveTextAsync("3");
        await Expect(ById("figures")).ToContainTextAsync("In the last 5 minutes 3 completed");
        await Expect(ById("figures")).ToContainTextAsync("llama3.2:latest loaded");
        await Expect(Page.GetByRole(AriaRole.Img, new() { NameRegex = new("In the last hour 3 prompts finished") })).ToBeVisibleAsync();
        await Expect(Page.Locator("#chart rect")).ToHaveCountAsync(60);
    }

    [BrowserFact]
    public async Task The_keyboard_is_enough()
    {
        await SubmitNumbersAsync(2);
        await Page.GotoAsync("/list");
        await ExpectPageAsync(1, 1, [2, 1]);
        await ById("select-all").FocusAsync();
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.PressAsync("Space");
        await Expect(ById("selected")).ToHaveTextAsync("1 selected");
        await ById("delete").FocusAsync();
        await Page.Keyboard.PressAsync("Enter");
        await Page.Keyboard.PressAsync("Shift+Tab");
        await Expect(ById("confirm")).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("Enter");

        await ExpectPageAsync(1, 1, [1]);
        await Expect(ById("select-all")).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.PressAsync("Enter");
        await ExpectResultOfAsync("number 1");
    }

    [BrowserFact]
    public async Task Times_are_told_as_people_do_and_exactly_when_pointed_at()
    {
        await SubmitNumbersAsync(1);
        await Page.GotoAsync("/list");

        await Expect(Page.Locator("#rows .created")).ToHaveTextAsync("just now");
        await Expect(Page.Locator("#rows .created")).ToHaveAttributeAsync("title", new Regex(@"20\d\d at \d+:\d\d:\d\d"));
        await Expect(Page.Locator("#rows .duration")).ToHaveTextAsync(new Regex(@"^[\d.]+ s$"));
        await Expect(Page.Locator("#rows .waited")).ToHaveTextAsync(new Regex(@"^waited [\d.]+ s$"));
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
        await Page.GotoAsync("/list");
        await Expect(ById("empty-text")).ToHaveTextAsync("No prompts yet: the queue is empty.");
        await Expect(ById("empty-link")).ToHaveAttributeAsync("href", "/");
        await Expect(ById("pager")).ToBeHiddenAsync();

        await SubmitNumbersAsync(1);

        await ExpectPageAsync(1, 1, [1]);
        await Expect(ById("empty")).ToBeHiddenAsync();
    }
}
