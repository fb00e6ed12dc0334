using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Pages.Browser;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>How the list page keeps up with what happens.</summary>
public sealed class ListUpdateTests : ListPageTest
{
    private const int RefreshMilliseconds = 5000;

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
    public async Task The_queue_is_paused_and_resumed_by_a_button()
    {
        await Page.GotoAsync("/list");
        await ById("pause").ClickAsync();
        await Expect(ById("paused")).ToContainTextAsync("The queue is paused");
        await Expect(ById("pause")).ToHaveTextAsync("Resume");
        var id = await Proxy.SubmitAsync(new { prompt = "number 1" });
        await Expect(Page.Locator("#rows .badge")).ToHaveTextAsync(["queued"]);
        Assert.Equal("queued", (await Proxy.StatusAsync(id)).GetProperty("status").GetString());

        await ById("pause").ClickAsync();
        await Expect(Page.Locator("#rows .badge")).ToHaveTextAsync(["completed"]);
        await Expect(ById("paused")).ToHaveTextAsync("");
        await Expect(ById("pause")).ToHaveTextAsync("Pause the queue");
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
}
