"""The official OpenAI client against the compatible door."""

from typing import Any

import openai
import pytest

ASK: list[Any] = [
    {"role": "system", "content": "You are a pirate."},
    {"role": "user", "content": "你好"},
    {"role": "assistant", "content": "您好"},
    {"role": "user", "content": "查一下：邀约发出后几天再确认一次？"},
]


@pytest.fixture(scope="module")
def official(base_url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{base_url}/v1", api_key="any", max_retries=0)


def test_models_are_listed(official: openai.OpenAI) -> None:
    assert [m.id for m in official.models.list()] == ["rm-assistant"]
    assert official.models.retrieve("rm-assistant").id == "rm-assistant"


def test_a_whole_answer(official: openai.OpenAI) -> None:
    answer = official.chat.completions.create(model="rm-assistant", messages=ASK, temperature=0.2, n=1)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert (
        answer.usage
        and answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    )


def test_a_streamed_answer_with_usage(official: openai.OpenAI) -> None:
    options: Any = {"include_usage": True}
    chunks = list(
        official.chat.completions.create(
            model="rm-assistant", messages=ASK, stream=True, stream_options=options
        )
    )
    assert len({c.id for c in chunks}) == 1
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage is not None and chunks[-1].choices == []


def test_parts_are_read_as_text(official: openai.OpenAI) -> None:
    parts: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "你好"}]}]
    assert official.chat.completions.create(model="rm-assistant", messages=parts).choices[0].message.content


def test_errors_reach_the_client_as_its_own(official: openai.OpenAI) -> None:
    user: list[Any] = [{"role": "user", "content": "x"}]
    with pytest.raises(openai.NotFoundError) as unknown:
        official.chat.completions.create(model="other", messages=user)
    assert unknown.value.code == "unknown_model"
    with pytest.raises(openai.UnprocessableEntityError):
        official.chat.completions.create(model="rm-assistant", messages=[{"role": "user", "content": " "}])
    with pytest.raises(openai.AuthenticationError):
        official.with_options(default_headers={"X-RM-Id": "nobody"}).models.list()


def test_nothing_is_kept(official: openai.OpenAI, client: Any) -> None:
    before = client.get("/api/v1/conversations?limit=200").json()["conversations"]
    official.chat.completions.create(model="rm-assistant", messages=[{"role": "user", "content": "别记下来"}])
    assert client.get("/api/v1/conversations?limit=200").json()["conversations"] == before
