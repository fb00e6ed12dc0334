using System.Text.Json;
using Microsoft.Playwright;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Pages.Browser;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>axe-core finds nothing on any page, in any state, light or dark.</summary>
public sealed class AccessibilityTests : PageTests
{
    private const string Prompt = "What is **this**?";

    [AxeFact]
    public async Task Home_is_accessible_before_anything_was_asked()
    {
        await Page.GotoAsync("/");
        await Expect(ById("model")).ToContainTextAsync("tiny");
        await Page.GetByText("Settings").ClickAsync();
        await AssertAccessibleAsync();
    }

    [AxeFact]
    public async Task Home_is_accessible_while_a_prompt_is_wrong_waits_runs_and_has_failed()
    {
        await Page.GotoAsync("/");
        await ById("submit").ClickAsync();
        await Expect(ById("message")).ToBeVisibleAsync();
        await AssertAccessibleAsync();

        Proxy.Ollama.Faults.Enqueue(Fault.Stall(4));
        var running = await Proxy.SubmitAsync(new { prompt = Prompt });
        var waiting = await Proxy.SubmitAsync(new { prompt = Prompt });
        await Page.GotoAsync($"/?id={waiting}");
        await Expect(ById("progress")).ToContainTextAsync("Number 1");
        await AssertAccessibleAsync();
        await Page.GotoAsync($"/?id={running}");
        await Expect(ById("result")).ToHaveTextAsync("This is the Simulator,");
        await AssertAccessibleAsync();
        await ById("cancel").ClickAsync();
        await Expect(ById("status")).ToHaveTextAsync("cancelled");
        await AssertAccessibleAsync();

        await Page.GotoAsync($"/?id={await Proxy.SubmitAsync(new { prompt = Prompt, model = "nosuch" })}");
        await Expect(ById("pull")).ToHaveTextAsync("ollama pull nosuch");
        await AssertAccessibleAsync();
    }

    [AxeFact]
    public async Task Home_is_accessible_with_all_that_Markdown_can_be()
    {
        await using var ollama = await RawOllama.StartAsync(answer => answer.SendAsync(RawOllama.Line(
            "# One\n## Two\n[link](https://a.example) `code` ~~gone~~\n\n- a\n  1. b\n- [ ] c\n\n> quote **strong**\n\n"
            + "```js\nlet a;\n```\n\n|x|y|\n|-|-|\n|1|2|\n\n---\nend", done: true)));
        await UseAsync(ollama);
        await Page.GotoAsync("/");
        await ById("prompt").FillAsync(Prompt);
        await ById("submit").ClickAsync();
        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Expect(ById("recent")).ToBeVisibleAsync();
        await AssertAccessibleAsync();
    }

    [AxeFact]
    public async Task Home_is_accessible_while_Ollama_is_away()
    {
        await Proxy.Ollama.RefuseAsync();
        await Page.GotoAsync("/");
        await Expect(ById("banner")).ToBeVisibleAsync();
        await AssertAccessibleAsync();
    }

    [AxeFact]
    public async Task Home_is_accessible_while_Ollama_is_away_from_a_prompt_and_while_one_is_asked_again()
    {
        await RestartProxyAsync(("OLLAMA_RETRY_BASE_SECONDS", "300"));
        var id = await Proxy.SubmitAsync(new { prompt = Prompt, format = "json", system = "Be brief." });
        await Proxy.ResultAsync(id);
        await Page.GotoAsync($"/?id={id}");
        await Page.GetByText("All that was sent, and attempts").ClickAsync();
        await Expect(Page.Locator("#attempts li")).ToHaveCountAsync(1);
        await ById("ask-again").ClickAsync();
        await Expect(ById("again")).ToBeVisibleAsync();
        await AssertAccessibleAsync();

        Proxy.Ollama.Faults.Enqueue(Fault.Status(502, "bad gateway", 300));
        await Page.GotoAsync($"/?id={await Proxy.SubmitAsync(new { prompt = Prompt })}");
        await Expect(ById("progress")).ToContainTextAsync("tried again");
        await Proxy.Ollama.RefuseAsync();
        await Expect(ById("waiting")).ToBeVisibleAsync();
        await Expect(ById("banner")).ToBeVisibleAsync();
        await AssertAccessibleAsync();
    }

    [AxeFact]
    public async Task The_list_is_accessible_empty_full_and_with_a_selection()
    {
        await Page.GotoAsync("/list");
        await Expect(ById("empty")).ToBeVisibleAsync();
        await Expect(ById("figures")).ToContainTextAsync("Nothing was completed");
        await AssertAccessibleAsync();

        await Proxy.ResultAsync(await Proxy.SubmitAsync(new { prompt = Prompt, model = "nosuch" }));
        await Proxy.ResultAsync(await Proxy.SubmitAsync(new { prompt = Prompt }));
        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        await Proxy.SubmitAsync(new { prompt = Prompt });
        await Proxy.SubmitAsync(new { prompt = Prompt });
        using var cancelled = await Proxy.Client.PostAsync($"/api/v1/prompt/{await Proxy.SubmitAsync(new { prompt = Prompt })}/cancel",
            null);
        await Expect(Page.Locator("#rows .badge")).ToHaveTextAsync(["cancelled", "queued", "processing", "completed", "failed"]);
        await AssertAccessibleAsync();

        await ById("select-all").CheckAsync();
        await Proxy.SubmitAsync(new { prompt = Prompt });
        await Expect(ById("new")).ToBeVisibleAsync();
        await ById("delete").ClickAsync();
        await AssertAccessibleAsync();
    }

    [AxeFact]
    public async Task The_batches_are_accessible_while_there_are_none_one_is_wrong_and_one_runs()
    {
        await Page.GotoAsync("/batches");
        await Expect(ById("empty")).ToBeVisibleAsync();
        await AssertAccessibleAsync();

        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        await ById("file").SetInputFilesAsync(BatchPageTests.FileOf("good.jsonl", "one", "two"));
        await Expect(Page.Locator("#batches .counts")).ToContainTextAsync("of 2 requests");
        await ById("file").SetInputFilesAsync(BatchPageTests.FileOf("wrong.jsonl", "same", "same"));
        await Expect(Page.Locator("#batches .error").First).ToContainTextAsync("Line 2");
        await AssertAccessibleAsync();
    }

    [AxeFact]
    public async Task The_page_of_a_prompt_is_accessible_also_on_a_narrow_screen()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Status(502, "bad gateway"));
        var id = await Proxy.SubmitAsync(new { prompt = new string('x', 2000), model = "tiny" });
        await Proxy.ResultAsync(id);
        await Page.GotoAsync($"/prompts/{id}");
        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Page.Locator("#request-details > summary").ClickAsync();
        await Page.Locator("#response-details > summary").ClickAsync();
        await AssertAccessibleAsync();
        await ExpectNoSidewaysScrollingAsync(320);
        await ExpectNoSidewaysScrollingAsync(390);
    }

    [AxeFact]
    public async Task The_dashboard_is_accessible_idle_busy_paused_and_while_Ollama_is_away()
    {
        await Page.GotoAsync("/dashboard");
        await Expect(ById("ended-sum")).ToHaveTextAsync("No prompts ended in this time.");
        await Expect(ById("no-runs")).ToBeVisibleAsync();
        await AssertAccessibleAsync();

        await Proxy.ResultAsync(await Proxy.SubmitAsync(new { prompt = Prompt }));
        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        await Proxy.SubmitAsync(new { prompt = Prompt });
        await Page.ReloadAsync();
        await Expect(ById("ended-sum")).ToContainTextAsync("1 prompt ended");
        await Expect(Page.Locator("#run-rows tr")).ToHaveCountAsync(1);
        await Page.GetByText("Figures as a table").ClickAsync();
        await ById("pause").ClickAsync();
        await Expect(ById("paused")).ToContainTextAsync("The queue is paused");
        await AssertAccessibleAsync();

        await Proxy.Ollama.RefuseAsync();
        await Expect(ById("backend-rows")).ToContainTextAsync("away");
        await AssertAccessibleAsync();
        await ExpectNoSidewaysScrollingAsync(320);
        await ExpectNoSidewaysScrollingAsync(390);
    }

    [AxeFact]
    public async Task The_API_is_accessible_closed_and_with_an_operation_open()
    {
        await Page.GotoAsync("/docs");
        await Expect(ById("found")).ToContainTextAsync("operations");
        await AssertAccessibleAsync();

        await Page.GotoAsync("/docs#submitPrompt");
        await Page.ReloadAsync();
        await Page.Locator("#submitPrompt .example summary").First.ClickAsync();
        await Page.Locator("#deletePrompt > summary").ClickAsync();
        await Expect(Page.Locator("#deletePrompt h3")).ToHaveTextAsync(["Parameters", "Answers"]);
        await AssertAccessibleAsync();
    }

    private async Task AssertAccessibleAsync()
    {
        await Page.EvaluateAsync(await File.ReadAllTextAsync(AxeFactAttribute.Script));
        foreach (var (width, scheme) in new[] { (1280, ColorScheme.Light), (390, ColorScheme.Dark), (390, ColorScheme.Light),
            (1280, ColorScheme.Dark) })
        {
            await Page.SetViewportSizeAsync(width, 800);
            await Page.EmulateMediaAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
            var violations = await Page.EvaluateAsync<JsonElement>(
                """
                async () => (await axe.run()).violations
                  .map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.map(node => node.html) }))
                """);
            Assert.True(violations.GetArrayLength() == 0, $"{width} px, {scheme}: {violations}");
        }
    }
}
