using System.Net.Http.Json;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Pages.Browser;
using OllamaProxy.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>What is done to several prompts at once.</summary>
public sealed class ListSelectionTests : ListPageTest
{
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
        await Eventually.NotNull(
            async () => (await Proxy.GetAsync("/api/v1/prompts?status=completed")).GetProperty("total").GetInt32() == 1000 ? "done" : null,
            "a thousand prompts to end");
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
}
