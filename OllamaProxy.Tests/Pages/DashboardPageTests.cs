using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Pages.Browser;
using OllamaProxy.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>The page for operators.</summary>
public sealed class DashboardPageTests : PageTests
{
    private const int TwoMinutes = 120_000;

    private ILocator Now => ById("now");

    private ILocator Runs => Page.Locator("#run-rows tr");

    private ILocator Backends => Page.Locator("#backend-rows tr");

    private ILocator Models => Page.Locator("#model-rows tr");

    private ILocator ReadOut => Page.Locator("#ended .read-out");

    [BrowserFact]
    public async Task A_prompt_that_runs_is_shown_until_it_ends_and_leads_to_its_page()
    {
        await Page.GotoAsync("/dashboard");
        await Expect(ById("no-runs")).ToBeVisibleAsync();
        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        var id = await Proxy.SubmitAsync(new { prompt = "runs", model = "tiny" });

        await Expect(Runs).ToHaveCountAsync(1);
        await Expect(Runs).ToContainTextAsync(id);
        await Expect(Runs.Locator(".model")).ToContainTextAsync("tiny");
        await Expect(Runs.Locator(".attempt")).ToHaveTextAsync("1");
        await Expect(Runs.Locator(".owner")).ToBeHiddenAsync();
        await Expect(Now).ToContainTextAsync("Processing1 of 1");
        await Expect(Backends.Locator(".running")).ToHaveTextAsync("1 of 1");
        await Runs.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(Page).ToHaveURLAsync(new Regex($"/prompts/{id}$"));

        await Page.GoBackAsync();
        using var cancel = await Proxy.Client.PostAsync($"/api/v1/prompt/{id}/cancel", null);
        await Expect(ById("no-runs")).ToBeVisibleAsync();
        await Expect(Runs).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task What_has_ended_is_in_the_plots_and_in_the_figures_of_its_model_and_its_backend()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Status(400, "<b>bad</b> request"));
        await Proxy.ResultAsync(await Proxy.SubmitAsync(new { prompt = "fails", model = "tiny", max_attempts = 1 }));
        await SubmitNumbersAsync(2);
        await Page.GotoAsync("/dashboard");

        await Expect(ById("ended-sum")).ToHaveTextAsync("3 prompts ended, 1 of them failed.");
        await Expect(Page.GetByRole(AriaRole.Img, new() { NameRegex = new("^Prompts ended 3 prompts ended") })).ToBeVisibleAsync();
        foreach (var plot in new[] { "wait", "run-time", "tokens" })
            await Expect(Page.Locator($"#{plot} svg")).ToBeVisibleAsync();
        await Expect(ById("totals")).ToContainTextAsync("Prompts3Failed1Errors of attempts1");
        await Expect(Models.Locator(".model")).ToHaveTextAsync(["llama3.2:latest", "tiny:latest"]);
        await Expect(Models.Locator(".prompts")).ToHaveTextAsync(["2", "1"]);
        await Expect(Models.Locator(".failed")).ToHaveTextAsync(["0", "1"]);
        await Expect(Backends.Locator(".prompts")).ToHaveTextAsync("3");
        await Expect(Backends.Locator(".loaded")).ToContainTextAsync("llama3.2:latest");
        await Page.GetByText("Figures as a table").ClickAsync();
        await Expect(Page.Locator("#step-rows tr")).ToHaveCountAsync(60);

        await ById("model").SelectOptionAsync("tiny:latest");
        await Expect(ById("ended-sum")).ToHaveTextAsync("1 prompt ended, 1 of them failed.");
        await Expect(ById("depth-sum")).ToHaveTextAsync("The queue is counted for all models and backends together.");
        await Expect(Models.Locator(".prompts")).ToHaveTextAsync(["2", "1"]);
    }

    [BrowserFact]
    public async Task The_queue_a_model_and_a_backend_are_paused_and_resumed_by_their_buttons()
    {
        await SubmitNumbersAsync(1);
        await Page.GotoAsync("/dashboard");
        var address = Proxy.Ollama.BaseAddress;
        foreach (var (name, said) in new[]
        {
            ("the queue", "The queue is paused: what runs goes on, and nothing else is begun."),
            ("llama3.2:latest", "No prompts are begun of the model llama3.2:latest."),
            (address.Authority, $"No prompts are begun on {address}."),
        })
        {
            var pause = Page.GetByRole(AriaRole.Button, new() { Name = $"Pause {name}" });
            await pause.ClickAsync();
            await Expect(ById("paused")).ToHaveTextAsync(said);
            var id = await Proxy.SubmitAsync(new { prompt = "waits" });
            await Expect(Now).ToContainTextAsync("Queued1");
            Assert.Equal("queued", (await Proxy.StatusAsync(id)).GetProperty("status").GetString());

            var resume = name == "the queue" ? ById("pause") : Page.GetByRole(AriaRole.Button, new() { Name = $"Resume {name}" });
            await Expect(resume).ToHaveTextAsync("Resume");
            await Expect(resume).ToBeFocusedAsync();
            await resume.ClickAsync();
            await Expect(ById("paused")).ToBeEmptyAsync();
            await Proxy.ResultAsync(id);
            await Expect(Now).ToContainTextAsync("Queued0");
        }
    }

    [BrowserFact]
    public async Task The_span_and_the_filters_are_chosen_and_the_address_says_so()
    {
        await SubmitNumbersAsync(1);
        await Page.GotoAsync("/dashboard");
        await Expect(ById("trends")).ToBeVisibleAsync();
        await Page.GetByLabel("1 hour").FocusAsync();
        await Page.Keyboard.PressAsync("ArrowRight");
        await Expect(Page).ToHaveURLAsync(new Regex(@"/dashboard\?span=24h$"));
        await Page.GetByText("Figures as a table").ClickAsync();
        await Expect(Page.Locator("#step-rows tr")).ToHaveCountAsync(96);
        await Page.GetByLabel("7 days").CheckAsync();
        await ById("model").SelectOptionAsync("llama3.2:latest");
        await Expect(Page).ToHaveURLAsync(new Regex(@"/dashboard\?span=7d&model=llama3\.2%3Alatest$"));
        await Expect(Page.Locator("#step-rows tr")).ToHaveCountAsync(84);

        await Page.GotoAsync("/dashboard?span=7d&model=never%3Aused");
        await Expect(Page.GetByLabel("7 days")).ToBeCheckedAsync();
        await Expect(ById("model")).ToHaveValueAsync("never:used");
        await Expect(ById("ended-sum")).ToHaveTextAsync("No prompts ended in this time.");
        await Page.GotoAsync("/dashboard?span=nonsense");
        await Expect(Page.GetByLabel("1 hour")).ToBeCheckedAsync();
        await Expect(ById("ended-sum")).ToHaveTextAsync("1 prompt ended, none of them failed.");
    }

    [BrowserFact]
    public async Task Each_step_of_a_plot_is_read_out_by_keyboard_and_by_pointer()
    {
        await SubmitNumbersAsync(1);
        await Page.GotoAsync("/dashboard");
        var plot = Page.Locator("#ended svg");
        await Expect(plot).ToBeVisibleAsync();
        await plot.FocusAsync();
        await Expect(ReadOut).ToBeEmptyAsync();
        await Page.Keyboard.PressAsync("ArrowLeft");
        await Expect(ReadOut).ToHaveTextAsync(new Regex("^[0-9:]{5} to now: completed [01], failed 0$"));
        await Page.Keyboard.PressAsync("ArrowLeft");
        await Expect(ReadOut).ToHaveTextAsync(new Regex("^[0-9:]{5} to [0-9:]{5}: completed [01], failed 0$"));
        await Page.Keyboard.PressAsync("Home");
        await Expect(ReadOut).ToContainTextAsync("completed 0");
        await Page.Keyboard.PressAsync("Escape");
        await Expect(ReadOut).ToBeEmptyAsync();

        await plot.HoverAsync();
        await Expect(ReadOut).ToContainTextAsync("completed");
        await ById("figures").HoverAsync();
        await Expect(ReadOut).ToBeEmptyAsync();
    }

    [BrowserFact]
    public async Task A_backend_that_is_away_is_told_of_until_it_is_back()
    {
        await Proxy.Ollama.RefuseAsync();
        await Page.GotoAsync("/dashboard");
        await Expect(Backends.Locator(".badge").First).ToHaveTextAsync("away");
        await Expect(Backends.Locator(".error")).Not.ToBeEmptyAsync();
        await Expect(Now).ToContainTextAsync("Backends reachable0 of 1");

        await Proxy.Ollama.AcceptAsync();
        await Expect(Backends.Locator(".badge").First).ToHaveTextAsync("reachable");
        await Expect(Backends.Locator(".error")).ToBeEmptyAsync();
        await Expect(Backends.Locator(".version")).ToContainTextAsync("Ollama ");
    }

    [BrowserFact]
    public async Task A_lost_connection_is_told_of_and_the_page_goes_on_by_itself()
    {
        await Page.GotoAsync("/dashboard");
        await Expect(Backends).ToHaveCountAsync(1);
        await CutNetworkAsync();
        await Expect(ById("notice")).ToHaveTextAsync("Connection lost. The figures are not up to date, trying again…");
        await Expect(Backends).ToHaveCountAsync(1);

        MendNetwork();
        await Expect(ById("notice")).ToBeEmptyAsync();
    }

    [BrowserFact]
    public async Task A_hidden_page_asks_for_nothing_and_catches_up_when_it_is_shown_again()
    {
        await Page.Clock.InstallAsync();
        await Page.GotoAsync("/dashboard");
        await Expect(Backends).ToHaveCountAsync(1);
        await Expect(ById("trends")).ToBeVisibleAsync();
        await SetHiddenAsync(true);
        var asked = Requests.Count;
        await Page.Clock.FastForwardAsync(TwoMinutes);
        Assert.Equal(asked, Requests.Count);

        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        await Proxy.SubmitAsync(new { prompt = "meanwhile" });
        await SetHiddenAsync(false);
        await Eventually.NotNull(async () =>
        {
            await Page.Clock.FastForwardAsync(TwoMinutes);
            return await Runs.CountAsync() == 1 ? "shown" : null;
        });
    }

    [BrowserFact]
    public async Task It_is_for_admins_who_see_whose_each_prompt_is()
    {
        await RestartProxyAsync(("OLLAMA_PROXY_API_KEYS", "alice:alice-key,root:root-key:admin"));
        Proxy.Client.DefaultRequestHeaders.Authorization = new("Bearer", "alice-key");
        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        await Proxy.SubmitAsync(new { prompt = "of alice" });
        await Page.GotoAsync("/dashboard");
        await SignInAsync("alice");
        await Expect(ById("denied")).ToContainTextAsync("The dashboard is for admins.");
        await Expect(ById("allowed")).ToBeHiddenAsync();
        Assert.DoesNotContain(Requests, request => request.Contains("/stats", StringComparison.Ordinal));

        await ById("sign-out").ClickAsync();
        await SignInAsync("root");
        await Expect(Runs.Locator(".owner")).ToHaveTextAsync("alice");
        await Expect(ById("pause")).ToBeVisibleAsync();
        await ById("sign-out").ClickAsync();
        await Expect(ById("sign-in")).ToBeVisibleAsync();
    }

    private async Task SignInAsync(string owner)
    {
        await ById("key").FillAsync($"{owner}-key");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(ById("session-owner")).ToContainTextAsync(owner);
    }
}
