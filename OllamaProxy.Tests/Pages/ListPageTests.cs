using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;

using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

public sealed class ListPageTests : PageTests
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
    public async Task What_happens_shows_at_once()
    {
        await Page.GotoAsync("/list");
        await Expect(ById("updated")).ToHaveTextAsync("Live");
        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        var id = await Proxy.SubmitAsync(new { prompt = "number 1" });

        await Expect(Previews).ToHaveTextAsync(["number 1"]);
        await Expect(Page.Locator("#rows .badge")).ToHaveTextAsync(["processing"]);
        await Expect(CountOf("processing").Locator("b")).ToHaveTextAsync("1");
        using var cancel = await Proxy.Client.PostAsync($"/api/v1/prompt/{id}/cancel", null);
        await Expect(Page.Locator("#rows .badge")).ToHaveTextAsync(["cancelled"]);
        await Expect(CountOf("cancelled").Locator("b")).ToHaveTextAsync("1");
        await Expect(CountOf("all").Locator("b")).ToHaveTextAsync("1");
    }

    [BrowserFact]
    public async Task Rows_that_are_being_read_stay_where_they_are_until_the_new_ones_are_asked_for()
    {
        await SubmitNumbersAsync(3);
        await Page.GotoAsync("/list");
        await ExpectPageAsync(1, 1, [3, 2, 1]);
        await Previews.Nth(1).FocusAsync();

        await SubmitNumbersAsync(2);
        await Expect(ById("new")).ToHaveTextAsync("2 new: show");
        await ExpectPageAsync(1, 1, [3, 2, 1]);
        await Expect(Previews.Nth(1)).ToBeFocusedAsync();

        await ById("new").ClickAsync();
        await ExpectPageAsync(1, 1, [2, 1, 3, 2, 1]);
        await Expect(ById("new")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task A_selected_row_that_changes_does_so_in_its_place()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        var id = await Proxy.SubmitAsync(new { prompt = "number 1" });
        await Page.GotoAsync("/list");
        await Expect(Page.Locator("#rows .badge")).ToHaveTextAsync(["processing"]);
        await Page.Locator("#rows input").CheckAsync();
        using var cancel = await Proxy.Client.PostAsync($"/api/v1/prompt/{id}/cancel", null);
        await Proxy.SubmitAsync(new { prompt = "number 2" });

        await Expect(Page.Locator("#rows .badge")).ToHaveTextAsync(["cancelled"]);
        await Expect(ById("new")).ToHaveTextAsync("1 new: show");
        await Expect(ById("selected")).ToHaveTextAsync("1 selected");
    }

    [BrowserFact]
    public async Task Selected_prompts_are_cancelled_retried_and_deleted_together()
    {
        await SubmitNumbersAsync(1);
        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        foreach (var number in new[] { 2, 3 })
            await Proxy.SubmitAsync(new { prompt = $"number {number}" });
        await Page.GotoAsync("/list");
        await ExpectPageAsync(1, 1, [3, 2, 1]);

        await ById("select-all").CheckAsync();
        await Expect(ById("selected")).ToHaveTextAsync("3 selected");
        await ById("cancel").ClickAsync();
        await Expect(ById("outcome")).ToHaveTextAsync("2 cancelled, 1 could not be: It has already completed.");
        await Expect(Page.Locator("#rows .badge")).ToHaveTextAsync(["cancelled", "cancelled", "completed"]);
        await Expect(ById("bulk")).ToBeHiddenAsync();

        await Page.Locator("#rows input").Nth(1).CheckAsync();
        await ById("retry").ClickAsync();
        await Expect(ById("outcome")).ToHaveTextAsync("1 queued again.");
        await Expect(Page.Locator("#rows .badge")).ToHaveTextAsync(["cancelled", "completed", "completed"]);

        await Page.Locator("#rows input").Nth(0).CheckAsync();
        await Page.Locator("#rows input").Nth(2).CheckAsync();
        await ById("delete").ClickAsync();
        await Expect(ById("keep")).ToBeFocusedAsync();
        await ById("keep").ClickAsync();
        await Expect(Previews).ToHaveCountAsync(3);
        await ById("delete").ClickAsync();
        await ById("confirm").ClickAsync();
        await Expect(ById("outcome")).ToHaveTextAsync("2 deleted.");
        await ExpectPageAsync(1, 1, [2]);
    }

    [BrowserFact]
    public async Task A_thousand_prompts_are_paged_and_selected_in_hundreds()
    {
        var batch = Enumerable.Range(1, 1000).Select(number => new { prompt = $"number {number}" });
        using var submitted = await Proxy.Client.PostAsJsonAsync("/api/v1/prompts", batch);
        await Eventually.NotNull(async () => (await Proxy.GetAsync("/api/v1/prompts?status=completed")).GetProperty("total").GetInt32() == 1000 ? "done" : null, "a thousand prompts to end");
        await Page.GotoAsync("/list?page_size=100");

        await ExpectPageAsync(1, 10, [.. Enumerable.Range(901, 100).Reverse()]);
        await Expect(ById("total")).ToHaveTextAsync("1,000 prompts");
        await ById("last").ClickAsync();
        await ExpectPageAsync(10, 10, [.. Enumerable.Range(1, 100).Reverse()]);
        await ById("select-all").CheckAsync();
        await ById("delete").ClickAsync();
        await ById("confirm").ClickAsync();

        await Expect(ById("outcome")).ToHaveTextAsync("100 deleted.");
        await Expect(ById("empty-text")).ToHaveTextAsync("There is nothing on page 10.");
        await Expect(CountOf("completed").Locator("b")).ToHaveTextAsync("900");
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
    public async Task Without_the_stream_the_list_is_read_every_five_seconds()
    {
        Expecting("net::ERR_FAILED");
        await SubmitNumbersAsync(1);
        await Page.RouteAsync("**/api/v1/events", route => route.AbortAsync());
        await Page.Clock.InstallAsync();
        await Page.GotoAsync("/list");
        await ExpectPageAsync(1, 1, [1]);
        await Expect(ById("updated")).ToContainTextAsync("Updated");

        await Proxy.SubmitAsync(new { prompt = "number 2" });
        await Page.Clock.FastForwardAsync(RefreshMilliseconds);

        await ExpectPageAsync(1, 1, [2, 1]);
    }

    [BrowserFact]
    public async Task A_hidden_page_closes_its_stream_and_catches_up_when_it_is_shown_again()
    {
        await SubmitNumbersAsync(1);
        await Page.GotoAsync("/list");
        await Expect(ById("updated")).ToHaveTextAsync("Live");
        var closed = new TaskCompletionSource();
        Page.RequestFailed += (_, request) => closed.TrySetResult();
        Page.RequestFinished += (_, request) => closed.TrySetResult();

        await SetHiddenAsync(true);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await Proxy.ResultAsync(await Proxy.SubmitAsync(new { prompt = "number 2" }));
        await ExpectPageAsync(1, 1, [1]);
        await SetHiddenAsync(false);

        await ExpectPageAsync(1, 1, [2, 1]);
        await Expect(ById("updated")).ToHaveTextAsync("Live");
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

    [BrowserFact]
    public async Task A_list_without_a_connection_keeps_its_rows_and_goes_on_by_itself()
    {
        await SubmitNumbersAsync(1);
        await Page.GotoAsync("/list");
        await ExpectPageAsync(1, 1, [1]);

        await CutNetworkAsync();
        await Expect(ById("notice")).ToContainTextAsync("Connection lost.");
        await ExpectPageAsync(1, 1, [1]);
        await Proxy.SubmitAsync(new { prompt = "number 2" });
        MendNetwork();

        await ExpectPageAsync(1, 1, [2, 1]);
        await Expect(ById("notice")).ToBeEmptyAsync();
        await Expect(ById("updated")).ToHaveTextAsync("Live");
    }

    private ILocator CountOf(string status) => Page.Locator("#counts a", new() { HasTextRegex = new($"{status}$") });

    private async Task ExpectPageAsync(int page, int of, int[] numbers)
    {
        await Expect(Previews).ToHaveTextAsync(numbers.Select(number => $"number {number}"));
        await Expect(ById("page-label")).ToHaveTextAsync($"Page {page} of {of}");
    }
}
