using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Pages.Browser;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>The page that lists batches, and makes them of files.</summary>
public sealed class BatchPageTests : PageTests
{
    private ILocator Batches => Page.Locator("#batches > li");

    private ILocator Statuses => Page.Locator("#batches .badge");

    private ILocator Counts => Page.Locator("#batches .counts");

    [BrowserFact]
    public async Task A_file_that_is_dropped_becomes_a_batch_whose_answers_can_be_downloaded()
    {
        await Page.GotoAsync("/batches");
        await Expect(ById("empty")).ToBeVisibleAsync();
        await DropAsync("questions.jsonl", LinesOf("one", "two", "three"));

        await Expect(Statuses).ToHaveTextAsync(["completed"]);
        await Expect(Page.Locator("#batches .name")).ToHaveTextAsync(["questions.jsonl"]);
        await Expect(Counts).ToContainTextAsync("3 of 3 requests done");
        await Expect(Page.Locator("#batches .error-file")).ToBeHiddenAsync();
        await Expect(Page.Locator("#batches .cancel")).ToBeHiddenAsync();
        await Expect(ById("empty")).ToBeHiddenAsync();

        var answers = await DownloadAsync("output");
        Assert.Equal(["one", "three", "two"], answers.Select(answer => answer.GetProperty("custom_id").GetString()).Order());
    }

    [BrowserFact]
    public async Task What_a_file_is_for_is_read_from_its_first_request_and_what_failed_is_a_file_of_its_own()
    {
        await Page.GotoAsync("/batches");
        var embeds = Line("good", "/v1/embeddings", new { model = "tiny", input = "hi" });
        var fails = Line("bad", "/v1/embeddings", new { model = "nosuch", input = "hi" });
        await DropAsync("embed.jsonl", $"{embeds}\n{fails}\n");

        await Expect(Statuses).ToHaveTextAsync(["completed"]);
        await Expect(Page.Locator("#batches .kind")).ToContainTextAsync("/v1/embeddings");
        await Expect(Counts).ToContainTextAsync("2 of 2 requests done, 1 without a good answer");
        Assert.Equal("bad", Assert.Single(await DownloadAsync("error")).GetProperty("custom_id").GetString());
        Assert.Equal("good", Assert.Single(await DownloadAsync("output")).GetProperty("custom_id").GetString());
    }

    [BrowserFact]
    public async Task What_is_wrong_with_a_file_is_said_and_on_which_line()
    {
        await Page.GotoAsync("/batches");
        await DropAsync("<b>same</b>.jsonl", LinesOf("one", "one"));
        await Expect(Statuses).ToHaveTextAsync(["failed"]);
        await Expect(Page.Locator("#batches .error")).ToContainTextAsync("Line 2:");
        await Expect(Page.Locator("#batches .name")).ToHaveTextAsync(["<b>same</b>.jsonl"]);

        Expecting("400");
        await DropAsync("other.jsonl", Line("one", "/v1/elsewhere", new { }));
        await Expect(ById("outcome")).ToContainTextAsync("No batch was made of other.jsonl: ");
        await Expect(ById("outcome")).ToContainTextAsync("/v1/elsewhere");
        await Expect(Batches).ToHaveCountAsync(1);
        await ExpectNoSidewaysScrollingAsync(390);
        await ExpectNoSidewaysScrollingAsync(320);
    }

    [BrowserFact]
    public async Task A_batch_that_runs_shows_how_far_it_is_and_can_be_cancelled()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        await Page.GotoAsync("/batches");
        await DropAsync("long.jsonl", LinesOf("one", "two", "three"));
        await Expect(Statuses).ToHaveTextAsync(["in progress"]);
        await Expect(Counts).ToHaveTextAsync(["0 of 3 requests done"]);
        await Expect(Page.Locator("#batches progress")).ToHaveAttributeAsync("max", "3");

        await Page.Locator("#batches .cancel").ClickAsync();
        await Expect(Statuses).ToHaveTextAsync(["cancelled"]);
        await Expect(Page.Locator("#batches .output-file")).ToBeHiddenAsync();
        Assert.Equal(3, (await DownloadAsync("error")).Count);
    }

    [BrowserFact]
    public async Task Message_batches_are_listed_with_the_others_the_newest_first_and_older_ones_when_they_are_asked_for()
    {
        var message = new { model = "tiny", max_tokens = 10, messages = new[] { new { role = "user", content = "hi" } } };
        var batch = JsonSerializer.Serialize(new { requests = new[] { new { custom_id = "one", @params = message } } });
        for (var number = 0; number < 25; number++)
        {
            using var created = await Proxy.Client.PostAsync("/v1/messages/batches", new StringContent(batch));
            created.EnsureSuccessStatusCode();
        }
        await Page.GotoAsync("/batches");
        await Expect(Batches).ToHaveCountAsync(20);
        await DropAsync("newest.jsonl", LinesOf("one"));
        await Expect(Page.Locator("#batches .name").First).ToHaveTextAsync("newest.jsonl");
        await Expect(Batches).ToHaveCountAsync(20);
        await ById("older").ClickAsync();
        await Expect(Batches).ToHaveCountAsync(26);
        await Expect(ById("older")).ToBeHiddenAsync();
        await Expect(Statuses.Filter(new() { HasText = "completed" })).ToHaveCountAsync(26);
        await Expect(Page.Locator("#batches .name").Last).ToHaveTextAsync("Message batch");
        await Expect(Counts.Last).ToHaveTextAsync("1 of 1 request done");
    }

    /// <summary>A file of requests for answers of a chat.</summary>
    internal static FilePayload FileOf(string name, params string[] customIds) =>
        new() { Name = name, MimeType = "application/jsonl", Buffer = Encoding.UTF8.GetBytes(LinesOf(customIds)) };

    private static string LinesOf(params string[] customIds) => string.Join('\n', customIds.Select(id => Line(
        id, "/v1/chat/completions", new { model = "tiny", messages = new[] { new { role = "user", content = id } } })));

    private static string Line(string customId, string url, object body) =>
        JsonSerializer.Serialize(new { custom_id = customId, method = "POST", url, body });

    private async Task DropAsync(string name, string text)
    {
        var dropped = await Page.EvaluateHandleAsync(
            """
            ([name, text]) => {
              const data = new DataTransfer();
              data.items.add(new File([text], name));
              return data;
            }
            """, new[] { name, text });
        await Page.DispatchEventAsync("#drop", "drop", new { dataTransfer = dropped });
    }

    private async Task<List<JsonElement>> DownloadAsync(string file)
    {
        var link = Page.Locator($"#batches .{file}-file").First;
        var download = await Page.RunAndWaitForDownloadAsync(() => link.ClickAsync());
        Assert.EndsWith($"_{file}.jsonl", download.SuggestedFilename, StringComparison.Ordinal);
        var text = await File.ReadAllTextAsync(await download.PathAsync());
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
    }
}
